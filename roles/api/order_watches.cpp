#include "api/order_watches.hpp"

#include "api/views.hpp"
#include "ticketd/domain/order_version.hpp"

namespace ticketd::roles::api {

void order_stream::changed(const domain::order_view& order) {
  const auto version = domain::version_of(order);
  if (version != last_heard_) say(http::event_text("order", version, render_state(order)));
}

awaitable<> order_wait::wait_for_news_after(const domain::order_view& known, deadline until) {
  while (domain::version_of(order_) <= domain::version_of(known) && domain::may_change(order_) && !is_let_go_ &&
         std::chrono::steady_clock::now() < until)
    co_await is_over_.wait_until(until);
}

void order_wait::changed(const domain::order_view& order) {
  order_ = order;
  is_over_.set();
}

void order_wait::let_go() {
  is_let_go_ = true;
  is_over_.set();
}

}  // namespace ticketd::roles::api
