#include "api/async_purchasing.hpp"

#include "api/answers.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/settlement_progress.hpp"

#include <utility>

namespace ticketd::roles::api {
namespace {

class async_purchasing final : public purchasing {
 public:
  explicit async_purchasing(async_parts parts)
      : executor_(parts.executor),
        publisher_(std::move(parts.publisher)),
        progress_(parts.cache, parts.clock, {.wait_max = parts.settled_wait}),
        place_order_(parts.events, parts.finder, *publisher_, progress_, parts.mint, parts.clock, parts.placing) {}

  awaitable<purchase_answer> buy(orders::purchase_request request, deadline until) override {
    const auto placement = co_await place_order_(std::move(request), until);
    const auto* unavailable = std::get_if<orders::unavailable_purchase>(&placement);
    co_return purchase_answer{answer(placement), unavailable ? unavailable->elsewhere : orders::elsewhere::no};
  }

  std::chrono::milliseconds usual_time() const override { return publisher_->confirm_time(); }
  bool is_ready() const override { return publisher_->is_ready(); }
  bool sells_without_database() const override { return true; }
  void start() override { async::spawn(executor_, "progress.read", progress_.run()); }
  awaitable<> drain(deadline until) override { return publisher_->drain(until); }

  std::vector<observability::dependency> dependencies() const override {
    return {{"broker", [this] { return publisher_->is_ready(); }}};
  }

 private:
  asio::any_io_executor executor_;
  std::unique_ptr<messaging::order_publisher> publisher_;
  orders::progress_reader progress_;
  orders::place_order place_order_;
};

}  // namespace

std::unique_ptr<purchasing> make_async_purchasing(async_parts parts) {
  return std::make_unique<async_purchasing>(std::move(parts));
}

}  // namespace ticketd::roles::api
