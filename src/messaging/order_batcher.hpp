// When the orders that wait for others, to share a message with them, must go: the coalescer.
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
  // Orders a second up to which nobody waits: that another comes within the wait would be an accident. Higher: orders
  // of a slow sale are published one by one.
  double idle_rate = 100;
  // The memory of the rate: long enough to even out the clumps in which an event loop reads its sockets, short enough
  // to follow the opening second of a sale.
  std::chrono::milliseconds rate_memory{50};
  // How long nobody comes until nobody is expected: so many times the mean time between two, as they come in clumps,
  // and this at least. Longer: the last orders of a clump wait for nobody; shorter: smaller messages.
  double pause_arrivals = 4;
  std::chrono::milliseconds pause_least{1};
};

class order_batcher {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit order_batcher(batcher_settings settings)
      : settings_(settings), memory_seconds_(std::chrono::duration<double>(settings.rate_memory).count()) {}

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
  double memory_seconds_;
  std::size_t size_ = 0;
  time_point opened_at_{};
  time_point last_arrival_{};
  double rate_ = 0;  // orders a second at last_arrival_, an exponentially weighted mean
};

}  // namespace ticketd::messaging
