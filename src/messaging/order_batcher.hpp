// When the orders that are waiting for company must go: the coalescer.
//
// A message costs the broker the same whether it holds one order or fifty, so under load an order waits a little for
// others; with nobody else there it must not wait at all. Three things say how long:
//
//  - the arrival rate: the wait grows with it, from nothing when idle to wait_max at full_rate;
//  - the last arrival: when nobody has come for a few times the usual while, everybody who would come waits in here;
//  - the confirm before: while one is outstanding, what arrives may as well travel together once it is in. That alone
//    makes messages too small (a confirm takes a millisecond), but it catches the first orders of a burst, when the
//    measured rate is still low.
//
// A plain class with the time injected: one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>

namespace ticketd::messaging {

struct batcher_settings {
  std::size_t batch_max = 100;
  std::chrono::microseconds wait_max{8000};
  // Orders a second from which an order waits wait_max. A message costs the broker about 300 CPU-microseconds: what a
  // replica on half a core can take (5,000/s) travels in messages of more than thirty, and below that there is time to
  // spare for smaller ones. Higher: quicker answers, smaller messages.
  double full_rate = 6000;
  // Orders a second up to which nobody waits: company within the wait would be an accident.
  double idle_rate = 100;
};

class order_batcher {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit order_batcher(batcher_settings settings) : settings_(settings) {}

  // An order joins the open batch, or opens one.
  void add(time_point now);
  // The open batch is gone; the next order opens another.
  void close() noexcept { size_ = 0; }

  // Whether the open batch must go now. `awaits_confirm`: an earlier message is still unconfirmed.
  [[nodiscard]] bool is_due(time_point now, bool awaits_confirm) const;
  // When it is to be asked again, at the latest. Only while a batch is open.
  [[nodiscard]] time_point due_at(time_point now, bool awaits_confirm) const;

 private:
  [[nodiscard]] double orders_per_second(time_point now) const;
  [[nodiscard]] std::chrono::steady_clock::duration wait(time_point now) const;
  [[nodiscard]] std::chrono::steady_clock::duration pause() const;

  batcher_settings settings_;
  std::size_t size_ = 0;
  time_point opened_at_{};
  time_point last_arrival_{};
  double rate_ = 0;  // orders a second at last_arrival_, an exponentially weighted mean
};

}  // namespace ticketd::messaging
