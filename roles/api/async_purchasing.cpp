#include "api/async_purchasing.hpp"

#include "api/answers.hpp"
#include "api/time_budgets.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/messaging/order_publisher.hpp"
#include "ticketd/orders/place_order.hpp"
#include "ticketd/orders/settlement_progress.hpp"

#include <utility>

namespace ticketd::roles::api {
namespace {

class async_purchasing final : public purchasing {
 public:
  async_purchasing(selling_parts& parts, catalog::event_reader& events, orders::order_finder& finder,
                   domain::order_id_mint& mint)
      : publish_timeout_(parts.settings.publish_timeout),
        publisher_(messaging::make_order_publisher(parts.executor, parts.settings.publisher, parts.metrics)),
        executor_(parts.executor),
        progress_(parts.cache.get(), parts.clock, {.wait_max = time_budgets{}.settled}),
        place_order_(events, finder, *publisher_, progress_, mint, parts.clock,
                     {.look_up_max = time_budgets{}.look_up,
                      .payment_wait_max = parts.settings.hold.payment_wait_max,
                      .takes = parts.settings.charge_bounds}) {}

  awaitable<purchase_answer> buy(orders::purchase_request request, deadline until) override {
    const auto placement = co_await place_order_(std::move(request), until);
    const auto* unavailable = std::get_if<orders::unavailable_purchase>(&placement);
    co_return purchase_answer{answer(placement), unavailable ? unavailable->elsewhere : orders::elsewhere::no};
  }

  std::chrono::milliseconds time_budget() const override { return publish_timeout_; }
  std::chrono::milliseconds usual_time() const override { return publisher_->confirm_time(); }
  bool is_ready() const override { return publisher_->is_ready(); }
  bool sells_without_database() const override { return true; }
  void start() override { async::spawn(executor_, "progress.read", progress_.run()); }
  awaitable<> drain(deadline until) override { return publisher_->drain(until); }

  std::vector<observability::dependency> dependencies() const override {
    return {{"broker", [this] { return publisher_->is_ready(); }}};
  }

 private:
  std::chrono::milliseconds publish_timeout_;
  std::unique_ptr<messaging::order_publisher> publisher_;
  asio::any_io_executor executor_;
  orders::progress_reader progress_;
  orders::place_order place_order_;
};

}  // namespace

std::unique_ptr<purchasing> make_async_purchasing(selling_parts& parts, catalog::event_reader& events,
                                                  orders::order_finder& finder, domain::order_id_mint& mint) {
  return std::make_unique<async_purchasing>(parts, events, finder, mint);
}

}  // namespace ticketd::roles::api
