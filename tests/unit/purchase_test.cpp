#include "ticketd/orders/purchase.hpp"
#include "catalog/snapshot_codec.hpp"
#include "support/catch2.hpp"
#include "support/gig.hpp"

using namespace ticketd;
using namespace ticketd::orders;
using namespace std::chrono_literals;

namespace {

const domain::timestamp noon = *domain::parse_rfc3339("2027-01-05T12:00:00Z");

domain::event_snapshot gig() {
  auto event = test::gig(noon);
  event.name = "A \"gig\"";
  event.venue = "Caf\u00e9";
  event.revision = 7;
  return event;
}

purchase_request request(const std::string& category, int quantity) {
  auto purchase = test::purchase_of_gig("", quantity);
  purchase.category_id = category;
  return purchase;
}

std::vector<flaw> flaws_of(const objection& objection) { return std::get<invalid_purchase>(objection).flaws; }

domain::order_reason refusal(const objection& objection) { return std::get<refused_purchase>(objection).reason; }

using flaws = std::vector<flaw>;

const flaw not_that_many{flaw_kind::quantity, 1, 4};

}  // namespace

TEST_CASE("a purchase that fits meets no objection") {
  const auto event = gig();
  CHECK(std::holds_alternative<std::monostate>(screen(request("standing", 2), &event, noon, {})));
}

TEST_CASE("an event that has started sells nothing, whatever the sale's own end") {
  auto event = gig();
  event.starts_at = noon;
  CHECK(std::holds_alternative<std::monostate>(screen(request("standing", 1), &event, noon - 1us, {})));
  CHECK(refusal(screen(request("standing", 1), &event, noon, {})) == domain::order_reason::sale_closed);
  CHECK(event.status(noon) == domain::sale_status::closed);
  CHECK(event.status(noon - 1us) == domain::sale_status::on_sale);
  auto mint = test::make_mint();
  CHECK(accept(request("standing", 1), event, mint.mint_random({}), noon).terms->window.closes_at == noon);
  event.starts_at = event.sale.opens_at - 1h;  // it never sells
  CHECK(event.status(event.sale.opens_at - 2h) == domain::sale_status::scheduled);
  CHECK(event.status(event.sale.opens_at - 1h) == domain::sale_status::closed);
}

TEST_CASE("an unknown event or category, and an impossible quantity, are the request's fault") {
  const auto event = gig();
  CHECK(flaws_of(screen(request("standing", 1), nullptr, noon, {})) == flaws{{flaw_kind::no_such_event}});
  CHECK(flaws_of(screen(request("moon", 5), &event, noon, {})) == flaws{{flaw_kind::no_such_category}, not_that_many});
  CHECK(flaws_of(screen(request("standing", 0), &event, noon, {})) == flaws{not_that_many});
  CHECK(flaws_of(screen(request("standing", -1), &event, noon, {})) == flaws{not_that_many});
}

TEST_CASE("what an order costs in all is what the provider takes, or nothing") {
  auto event = gig();
  const auto objections = [&](int quantity, const domain::charge_bounds& takes) {
    const auto against = screen(request("standing", quantity), &event, noon, takes);
    return std::holds_alternative<std::monostate>(against) ? flaws{} : flaws_of(against);
  };
  CHECK(objections(1, {.least = 1001, .most = 2000}) == flaws{{flaw_kind::not_chargeable, 1001, 2000}});
  CHECK(objections(2, {.least = 1001, .most = 2000}).empty());
  CHECK(objections(2, {.least = 1, .most = 1999}) == flaws{{flaw_kind::not_chargeable, 1, 1999}});
  event.categories[0].price.amount = 0;
  CHECK(objections(2, {.least = 50, .most = 100}).empty());
}

TEST_CASE("the sale's window and stock refuse") {
  const auto event = gig();
  CHECK(refusal(screen(request("standing", 1), &event, noon - 2h, {})) == domain::order_reason::sale_not_open);
  CHECK(refusal(screen(request("standing", 1), &event, noon + 1h, {})) == domain::order_reason::sale_closed);
  CHECK(refusal(screen(request("standing", 3), &event, noon, {})) == domain::order_reason::sold_out);
}

TEST_CASE("a sale that opens when its event has started is closed, at the edge and in settlement") {
  auto event = gig();
  event.sale = {noon + 1h, noon + 2h};
  event.starts_at = noon - 1h;
  CHECK(event.status(noon) == domain::sale_status::closed);
  CHECK(refusal(screen(request("standing", 1), &event, noon, {})) == domain::order_reason::sale_closed);
  auto order = test::order_of_gig(domain::order_id(), noon);
  order.terms = domain::sale_terms{event.categories[0].price, event.selling(), 2};
  domain::settlement_context context;
  context.categories = {test::stock_of_gig(noon, 5)};
  const auto settled = domain::allocate(std::move(context), {&order, 1}, domain::payment_mode::charge);
  CHECK(settled.decisions[0].reason == domain::order_reason::sale_closed);
}

TEST_CASE("without a key every purchase is another order, with one the same") {
  auto mint = test::make_mint();
  auto purchase = request("standing", 1);
  auto event = gig();
  CHECK(mint_id(mint, purchase, event) != mint_id(mint, purchase, event));
  purchase.idempotency_key = "key";
  const auto id = mint_id(mint, purchase, event);
  CHECK(mint_id(mint, purchase, event) == id);
  // An event keeps the layout that it was made with.
  event.id_layout = domain::id_layout::by_buyer;
  CHECK(mint_id(mint, purchase, event) != id);
  REQUIRE(id);
  CHECK(accept(purchase, event, *id, noon).id_layout == domain::id_layout::by_buyer);
  // And the secret; under one that is not known here there is no id.
  event.id_layout = domain::id_layout::by_event;
  event.secret_generation = domain::generation_of(test::known_secrets.current);
  CHECK(mint_id(mint, purchase, event) == id);
  event.secret_generation = domain::generation_of("another secret, not ours");
  CHECK_FALSE(mint_id(mint, purchase, event));
}

TEST_CASE("an event comes back from the cache as it went in") {
  auto event = gig();
  event.secret_generation = "0123456789abcdef";
  const auto decoded = catalog::decode_snapshot(catalog::encode_snapshot(event));
  REQUIRE(decoded);
  CHECK(decoded->name == event.name);
  CHECK(decoded->venue == event.venue);
  CHECK(decoded->starts_at == event.starts_at);
  CHECK(decoded->sale == event.sale);
  CHECK(decoded->revision == 7);
  CHECK(decoded->as_of == noon);
  CHECK(decoded->id_layout == domain::id_layout::by_event);
  CHECK(decoded->secret_generation == event.secret_generation);
  REQUIRE(decoded->categories.size() == 1);
  CHECK(decoded->categories[0].price == event.categories[0].price);
  CHECK(decoded->categories[0].remaining == 2);
}

TEST_CASE("what ticketd did not write into the cache is no event") {
  for (const char* text : {"", "{}", "[]", "null", "{\"id\": 1}", "\xff"}) CHECK_FALSE(catalog::decode_snapshot(text));
  // Nor what a version left that knows no layouts, or no generations of the secret: the event may have another than
  // that one's.
  for (const std::string member : {",\"id_layout\":2", ",\"secret_generation\":\"\""}) {
    auto text = catalog::encode_snapshot(gig());
    REQUIRE(text.find(member) != std::string::npos);
    text.erase(text.find(member), member.size());
    CHECK_FALSE(catalog::decode_snapshot(text));
  }
}
