#include "api/sync_purchasing.hpp"

#include "api/answers.hpp"
#include "ticketd/orders/buy_now.hpp"

#include <utility>
#include <variant>

namespace ticketd::roles::api {
namespace {

class sync_purchasing final : public purchasing {
 public:
  explicit sync_purchasing(sync_parts parts)
      : charging_(parts.charging),
        gateway_(std::move(parts.gateway)),
        charges_(parts.executor, parts.database, gateway_.get(), parts.clock, parts.printer, charging_, parts.told,
                 parts.metrics),
        buy_now_(parts.events, parts.database, gateway_.get(), parts.mint, parts.clock, parts.printer, parts.rules,
                 charging_, parts.told, parts.metrics) {}

  awaitable<purchase_answer> buy(orders::purchase_request request, deadline until) override {
    // Not within the braces: GCC 12 destroys what stands there twice.
    const auto bought = co_await buy_now_(std::move(request), until);
    const auto* unsettled = std::get_if<orders::unsettled_purchase>(&bought);
    const bool is_for_another = unsettled != nullptr && *unsettled == orders::unsettled_purchase::secret_missing;
    co_return purchase_answer{answer(bought), is_for_another ? orders::elsewhere::maybe : orders::elsewhere::no};
  }

  std::chrono::milliseconds usual_time() const override { return {}; }
  bool is_ready() const override { return true; }
  bool sells_without_database() const override { return false; }
  void start() override { charges_.start(); }
  awaitable<> drain(deadline until) override { return charges_.drain(until); }
  std::vector<observability::dependency> dependencies() const override { return {}; }

 private:
  orders::charge_settings charging_;
  std::unique_ptr<payment::gateway> gateway_;  // null with --payments=off
  orders::charge_orders charges_;
  orders::buy_now buy_now_;
};

}  // namespace

std::unique_ptr<purchasing> make_sync_purchasing(sync_parts parts) {
  return std::make_unique<sync_purchasing>(std::move(parts));
}

}  // namespace ticketd::roles::api
