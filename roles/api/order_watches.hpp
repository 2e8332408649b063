// The two ways to watch an order: a stream of what becomes of it, and a read that waits for the next of it.
//
// Thread: the executor's.
#pragma once

#include "api/watcher_room.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/orders/order_watchers.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <optional>

namespace ticketd::roles::api {

// The server keeps it.
class order_stream final : public http::event_stream, public orders::order_watcher {
 public:
  // `last_heard` is by an id of such a stream before this one: what that names is not said again.
  order_stream(http::event_streams& among, watcher_room::place place, std::optional<std::int64_t> last_heard)
      : http::event_stream(among), place_(std::move(place)), last_heard_(last_heard) {}

 private:
  void changed(const domain::order_view& order) override;
  void ended() override { finish(); }
  void let_go() override {}  // its server does, when it drains

  watcher_room::place place_;
  std::optional<std::int64_t> last_heard_;
};

// In the frame of who waits.
class order_wait final : public orders::order_watcher {
 public:
  order_wait(const asio::any_io_executor& executor, watcher_room::place place)
      : place_(std::move(place)), is_over_(executor) {}

  // What it has heard.
  [[nodiscard]] const domain::order_view& order() const noexcept { return order_; }
  // For something other than this, at most until then.
  [[nodiscard]] awaitable<> wait_for_news_after(const domain::order_view& known, deadline until);

 private:
  void changed(const domain::order_view& order) override;
  void ended() override { is_over_.set(); }
  void let_go() override;

  watcher_room::place place_;
  async::auto_reset_event is_over_;
  domain::order_view order_;
  bool is_let_go_ = false;
};

}  // namespace ticketd::roles::api
