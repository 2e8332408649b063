// What decisions do to the stock, and which orders a payment's transaction may decide at all.
#include "ticketd/domain/stock_change.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace ticketd::domain;

namespace {

const std::pair<std::string, std::string> standing{"gig", "standing"};

order_id_mint& mint() {
  static order_id_mint instance = ticketd::test::make_mint();
  return instance;
}

accepted_order order_for(int quantity) { return ticketd::test::order_of_gig(mint().mint_random({}), now(), quantity); }

decision decide(std::size_t order, order_status status, std::int64_t invoice = 0) {
  decision made;
  made.order = order;
  made.status = status;
  made.invoice = invoice;
  return made;
}

payment_decision decide_payment(int quantity, bool was_reserved, order_status status, std::int64_t invoice = 0) {
  payment_decision decision;
  decision.order = ticketd::test::charged_order_of_gig(mint().mint_random({}), quantity);
  decision.order.status = status;
  decision.was_reserved = was_reserved;
  decision.has_new_status = true;
  decision.invoice = invoice;
  return decision;
}

}  // namespace

TEST_CASE("what is reserved is held, what is confirmed at once is sold, what is refused is neither", "[stock]") {
  const std::vector<accepted_order> orders{order_for(2), order_for(3), order_for(4)};
  allocation settled;
  settled.decisions = {decide(0, order_status::reserved), decide(1, order_status::confirmed, 7),
                       decide(2, order_status::rejected)};
  const auto changes = changes_of(orders, settled);
  REQUIRE(changes.categories.size() == 1);
  CHECK(changes.categories.at(standing) == stock_change{.sold = 3, .held = 2});
  CHECK(changes.last_invoices.at("gig") == 7);
}

TEST_CASE("a batch that refuses everything moves no stock", "[stock]") {
  allocation settled;
  settled.decisions = {decide(0, order_status::rejected)};
  const auto changes = changes_of(std::vector<accepted_order>{order_for(1)}, settled);
  CHECK(changes.categories.empty());
  CHECK(changes.last_invoices.empty());
}

TEST_CASE("a charge sells what was held, a decline gives it back, a late success sells what nobody holds", "[stock]") {
  const std::vector<payment_decision> decisions{
      decide_payment(1, true, order_status::confirmed, 8), decide_payment(2, true, order_status::payment_failed),
      decide_payment(4, true, order_status::expired), decide_payment(8, false, order_status::confirmed, 9)};
  const auto changes = changes_of(decisions);
  REQUIRE(changes.categories.size() == 1);
  CHECK(changes.categories.at(standing) == stock_change{.sold = 9, .held = -7});
  CHECK(changes.last_invoices.at("gig") == 9);
}

TEST_CASE("stock that is given back is told, also where no invoice is new", "[stock]") {
  const auto changes = changes_of(std::vector<payment_decision>{decide_payment(2, true, order_status::expired)});
  CHECK(changes.last_invoices.at("gig") == 0);  // the event's revision rises by it
}

TEST_CASE("a payment whose order stays as it is moves no stock", "[stock]") {
  auto decision = decide_payment(2, true, order_status::reserved);
  decision.has_new_status = false;
  CHECK(changes_of(std::vector<payment_decision>{decision}).categories.empty());
}

TEST_CASE("only orders whose event, category and row are locked are decided, and the others are passed over",
          "[stock]") {
  payment_context context;
  for (int i = 0; i < 4; ++i) context.orders.push_back(ticketd::test::charged_order_of_gig(mint().mint_random({})));
  const auto ids = [](const std::vector<charged_order>& orders) {
    std::vector<order_id> found;
    for (const auto& order : orders) found.push_back(order.id);
    return found;
  };
  const auto all = ids(context.orders);
  context.orders[1].event_id = "another";
  context.orders[2].category_id = "balcony";
  context.last_invoices["gig"] = 1;
  const locked_payments locked{.categories = {standing, {"another", "standing"}}, .orders = {all[0], all[1], all[2]}};
  context = context_of({std::move(context), locked});
  CHECK(ids(context.orders) == std::vector<order_id>{all[0]});
  CHECK(ids(context.passed_over) == std::vector<order_id>{all[1], all[2], all[3]});
}
