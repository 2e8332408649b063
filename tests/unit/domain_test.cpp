#include "support/catch2.hpp"
#include "support/gig.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/currency.hpp"
#include "ticketd/domain/erasure.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/order_id_range.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/domain/secrets.hpp"
#include "ticketd/domain/ticket_code.hpp"

#include <set>
#include <stdexcept>

using namespace ticketd::domain;
using namespace std::chrono_literals;

namespace {

order_id_mint& mint() {
  static order_id_mint instance = ticketd::test::make_mint();
  return instance;
}

const timestamp noon = *parse_rfc3339("2027-01-05T12:00:00Z");

category_stock standing(int capacity) { return ticketd::test::stock_of_gig(noon, capacity); }

accepted_order order_of(const std::string& email, int quantity) {
  return ticketd::test::order_of_gig(mint().mint_random({}), noon, quantity, email);
}

std::vector<std::string> outcomes(const allocation& allocation) {
  std::vector<std::string> texts;
  for (const auto& decision : allocation.decisions)
    texts.emplace_back(decision.reason == order_reason::none ? to_string(decision.status) : to_string(decision.reason));
  return texts;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an order id is a function of event, buyer and key, and known as ours") {
  for (const auto layout : {id_layout::by_buyer, id_layout::by_event}) {
    const id_subject ada{layout, "gig", "ada@example.com"};
    const order_id id = mint().mint(ada, "key-1");
    CHECK(id == mint().mint(ada, "key-1"));
    CHECK(id == ticketd::test::make_mint().mint(ada, "key-1"));
    CHECK(id != mint().mint(ada, "key-2"));
    CHECK(id != mint().mint({layout, "gig", "bob@example.com"}, "key-1"));
    CHECK(mint().mint({layout, "gig", "ab"}, "c") != mint().mint({layout, "gig", "a"}, "bc"));
    CHECK((id == mint().mint({layout, "other", "ada@example.com"}, "key-1")) == (layout == id_layout::by_buyer));
    CHECK(mint().layout_of(id) == layout);
    CHECK(mint().layout_of(mint().mint_random(ada)) == layout);
    CHECK(mint().mint_random(ada) != mint().mint_random(ada));
    CHECK_FALSE(order_id_mint(secrets{"another secret, not ours"}).layout_of(id));
  }
}

TEST_CASE("ids and codes are those of the event's secret, whatever other one is in use") {
  const secrets before{"the secret of before"};
  const secrets after{"the secret of afterwards", {before.current}};
  const secrets prepared{before.current, {after.current}};  // it is known everywhere before it is in use anywhere
  const std::string generation = generation_of(before.current);
  CHECK(generation.size() == 16);
  CHECK(generation != generation_of(after.current));
  for (const auto layout : {id_layout::by_buyer, id_layout::by_event}) {
    const id_subject ada{layout, "gig", "ada@example.com", generation};
    const order_id id = order_id_mint(before).mint(ada, "key-1");
    for (const auto& known : {after, prepared}) {
      order_id_mint mint(known);
      CHECK(mint.mint(ada, "key-1") == id);
      CHECK(mint.layout_of(id) == layout);
      CHECK(mint.layout_of(mint.mint_random(ada)) == layout);
      CHECK(ticket_printer(known).codes(id, 3) == ticket_printer(before).codes(id, 3));
    }
    // Under the new one it is another, which the new one alone knows.
    const std::string next = generation_of(after.current);
    const id_subject new_event{layout, "gig", "ada@example.com", next};
    const order_id other = order_id_mint(after).mint(new_event, "key-1");
    CHECK(other != id);
    CHECK(order_id_mint(prepared).mint(new_event, "key-1") == other);
    CHECK(ticket_printer(prepared).codes(other, 2) == ticket_printer(secrets{after.current}).codes(other, 2));
    CHECK_FALSE(order_id_mint(before).layout_of(other));
    CHECK_FALSE(order_id_mint(before).knows(new_event.secret_generation));
    CHECK_THROWS_AS(order_id_mint(before).mint(new_event, "key-1"), std::logic_error);
  }
}

TEST_CASE("an event of before generations were kept is under the oldest secret that is known") {
  const secrets known{"the newest secret", {"the one before it", "the oldest of all"}};
  const id_subject ada{id_layout::by_event, "gig", "ada@example.com", ""};
  CHECK(order_id_mint(known).knows(""));
  CHECK(order_id_mint(known).mint(ada, "key") == order_id_mint(secrets{"the oldest of all"}).mint(ada, "key"));
  CHECK(order_id_mint(secrets{"the newest secret"}).mint(ada, "key") != order_id_mint(known).mint(ada, "key"));
}

TEST_CASE("an address is erased when nothing needs it any more") {
  const auto at = [](int hours) { return timestamp() + std::chrono::hours(hours); };
  const event_ordered_for over{"over", {at(0), at(10)}};
  const event_ordered_for on_sale{"on-sale", {at(0), at(11)}};
  const event_ordered_for not_open{"not-open", {at(20), at(30)}};
  CHECK(find_obstacle({at(10), {over}, 0, 0}) == erasure_obstacle::none);
  CHECK(find_obstacle({at(10), {}, 0, 0}) == erasure_obstacle::none);
  CHECK(find_obstacle({at(10), {over, on_sale}, 0, 0}) == erasure_obstacle::sale_runs);
  CHECK(find_obstacle({at(10), {not_open}, 0, 0}) == erasure_obstacle::sale_runs);
  CHECK(find_obstacle({at(10), {over}, 1, 0}) == erasure_obstacle::order_under_way);
  CHECK(find_obstacle({at(10), {over}, 0, 1}) == erasure_obstacle::payment_under_way);
}

TEST_CASE("the ids of a layout do not change from version to version") {
  CHECK(mint().mint({id_layout::by_buyer, "gig", "ada@example.com"}, "key-1").to_string() ==
        "8b80e1d9-ec5d-8834-86c8-3e983dc8b67d");
  CHECK(mint().mint({id_layout::by_event, "gig", "ada@example.com"}, "key-1").to_string() ==
        "e26205ba-10bb-8204-99b3-e676ec921286");
}

TEST_CASE("the orders of an event lie together, and those of a buyer within them") {
  const id_subject ada{id_layout::by_event, "gig", "ada@example.com"};
  const order_id first = mint().mint(ada, "key-1");
  const auto [lowest, highest] = ids_of_same_buyer(first);
  for (const auto& id : {first, mint().mint(ada, "key-2"), mint().mint_random(ada)}) {
    CHECK(lowest <= id);
    CHECK(id <= highest);
  }
  const order_id bobs = mint().mint({id_layout::by_event, "gig", "bob@example.com"}, "key-1");
  CHECK((bobs < lowest || highest < bobs));
  CHECK(std::equal(first.value().begin(), first.value().begin() + 2, bobs.value().begin()));
}

TEST_CASE("an order id with any bit changed is not ours") {
  const order_id id = mint().mint_random({});
  for (std::size_t bit = 0; bit < 128; ++bit) {
    auto bytes = id.value();
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << bit % 8));
    CHECK_FALSE(mint().layout_of(order_id(bytes)));
  }
}

TEST_CASE("an order id is written and read as a UUID of version 8") {
  const order_id id = mint().mint_random({});
  const std::string text = id.to_string();
  REQUIRE(text.size() == 36);
  CHECK(text[14] == '8');
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
  CHECK(order_id::parse(text) == id);
  CHECK_FALSE(order_id::parse(text.substr(1)));
  CHECK_FALSE(order_id::parse(text + "0"));
  CHECK_FALSE(order_id::parse("6f0c0000_0000-8000-8000-000000000000"));
  CHECK_FALSE(order_id::parse("6f0c000g-0000-8000-8000-000000000000"));
}

TEST_CASE("ticket codes are stable, distinct, and easy to read out") {
  const order_id id = mint().mint_random({});
  auto printer = ticketd::test::make_printer();
  const auto codes = printer.codes(id, 100);
  CHECK(std::set(codes.begin(), codes.end()).size() == 100);
  CHECK(codes[0].find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
  CHECK(codes[0].size() == 16);
  CHECK(printer.codes(id, 2) == std::vector{codes[0], codes[1]});
  CHECK(ticket_id("GIG-000007", 2) == "GIG-000007-2");
}

TEST_CASE("states and reasons are written and read by the contract's names") {
  CHECK(to_string(order_status::payment_failed) == "payment_failed");
  CHECK(parse_order_status("reserved") == order_status::reserved);
  CHECK_FALSE(parse_order_status("Reserved"));
  CHECK(parse_order_reason("") == order_reason::none);
  CHECK(parse_order_reason("hold_expired") == order_reason::hold_expired);
}

TEST_CASE("times are read with any offset and written in UTC") {
  CHECK(to_rfc3339(*parse_rfc3339("2027-06-01T21:00:00+03:00")) == "2027-06-01T18:00:00Z");
  CHECK(to_rfc3339(*parse_rfc3339("2027-06-01T18:00:00.25Z")) == "2027-06-01T18:00:00.250000Z");
  CHECK(to_rfc3339(*parse_rfc3339("2028-02-29t00:00:00z")) == "2028-02-29T00:00:00Z");
  CHECK(to_rfc3339(*parse_rfc3339("2027-06-01T18:00:00.1234567Z")) == "2027-06-01T18:00:00.123456Z");
  for (const char* nonsense :
       {"", "2027-06-01", "2027-02-29T00:00:00Z", "2027-06-01T24:00:00Z", "2027-06-01T18:00:00",
        "2027-06-01T18:00:00.Z", "2027-06-01T18:00:00Zx", "2027-6-1T18:00:00Z", "2027-06-01T18:00:00+3:00",
        "2027-13-01T18:00:00Z", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"})
    CHECK_FALSE(parse_rfc3339(nonsense));
}

TEST_CASE("a sale is scheduled, on sale, sold out or closed") {
  event_snapshot event;
  event.starts_at = noon + std::chrono::hours(9);
  event.sale = {noon, noon + 1h};
  event.categories = {{.id = "a", .name = "A", .price = {}, .capacity = 1, .remaining = 0},
                      {.id = "b", .name = "B", .price = {}, .capacity = 1, .remaining = 1}};
  CHECK(event.status(noon - 1us) == sale_status::scheduled);
  CHECK(event.status(noon) == sale_status::on_sale);
  CHECK(event.status(noon + 1h) == sale_status::closed);
  event.categories[1].remaining = 0;
  CHECK(event.status(noon) == sale_status::sold_out);
}

TEST_CASE("nothing is sold once the event has started, whatever the sale's own end") {
  CHECK((sale_window{noon, noon + 2h}.until_start(noon + 1h) == sale_window{noon, noon + 1h}));
  CHECK((sale_window{noon, noon + 1h}.until_start(noon + 2h) == sale_window{noon, noon + 1h}));
}

TEST_CASE("a reservation waits for its first charge, and is on hold from then on") {
  hold_terms terms{.hold = 600s, .payment_wait_max = 900s};
  CHECK(begin_payment(terms) == new_payment{.due_in = 0s, .expires_in = 900s});
  // The request that charges it itself has the first claim, too.
  terms.charged_here_for = 15s;
  CHECK(begin_payment(terms) == new_payment{.due_in = 15s, .expires_in = 900s});
}

TEST_CASE("slugs are compared as they stand") {
  CHECK(is_slug("tarkan-2027"));
  CHECK(is_slug(std::string(64, 'a')));
  for (const auto& text : {std::string(), std::string(65, 'a'), std::string("-a"), std::string("A"), std::string("a b"),
                           std::string("a/b"), std::string("a_b")})
    CHECK_FALSE(is_slug(text));
}

TEST_CASE("tickets go out in the order of acceptance until they are gone") {
  const std::vector orders{order_of("a@x", 2), order_of("b@x", 2), order_of("c@x", 2), order_of("d@x", 1)};
  const auto result = allocate({{standing(5)}, {}, {}}, orders, payment_mode::charge);
  // c wants more than the one that is left; d, behind it, takes it.
  CHECK(outcomes(result) == texts{"reserved", "reserved", "sold_out", "reserved"});
  CHECK(result.decisions[0].total == money{2000, "TRY"});
}

TEST_CASE("500 buyers for 100 tickets are 100 and 400") {
  std::vector<accepted_order> orders;
  for (int i = 0; i < 500; ++i) orders.push_back(order_of(std::to_string(i) + "@x", 1));
  const auto result = allocate({{standing(100)}, {}, {}}, orders, payment_mode::confirm_at_once);
  const auto got = outcomes(result);
  CHECK(std::count(got.begin(), got.begin() + 100, "confirmed") == 100);
  CHECK(std::count(got.begin() + 100, got.end(), "sold_out") == 400);
}

TEST_CASE("what is sold or held already counts") {
  auto stock = standing(10);
  stock.sold = 4;
  stock.held = 4;
  const std::vector orders{order_of("a@x", 3), order_of("b@x", 2)};
  CHECK(outcomes(allocate({{stock}, {}, {}}, orders, payment_mode::charge)) == texts{"sold_out", "reserved"});
}

TEST_CASE("a repeat is skipped, in the batch and from before") {
  std::vector orders{order_of("a@x", 1), order_of("b@x", 1)};
  orders.push_back(orders[0]);
  const auto result = allocate({{standing(5)}, {{orders[1].id, "b@x"}}, {}}, orders, payment_mode::charge);
  REQUIRE(result.decisions.size() == 1);
  CHECK(result.decisions[0].order == 0);
  CHECK(result.collisions.empty());
}

TEST_CASE("an id that is another buyer's order is no repeat, and takes nothing") {
  std::vector orders{order_of("a@x", 1), order_of("b@x", 1), order_of("c@x", 1)};
  orders[2].id = orders[0].id;
  const auto result = allocate({{standing(5)}, {{orders[1].id, "z@x"}}, {}}, orders, payment_mode::charge);
  REQUIRE(result.decisions.size() == 1);
  CHECK(result.decisions[0].order == 0);
  CHECK(result.collisions == std::vector<std::size_t>{1, 2});
}

TEST_CASE("a buyer's limit counts earlier orders and those of the same batch") {
  const std::vector orders{order_of("a@x", 2), order_of("a@x", 1), order_of("b@x", 4), order_of("b@x", 1),
                           order_of("c@x", 2147483647)};
  const auto result = allocate({{standing(100)}, {}, {{{"gig", "a@x"}, 2}}}, orders, payment_mode::charge);
  CHECK(outcomes(result) == texts{"reserved", "limit_exceeded", "reserved", "limit_exceeded", "limit_exceeded"});
}

TEST_CASE("the sale window is judged by the time of acceptance") {
  std::vector orders{order_of("a@x", 1), order_of("b@x", 1), order_of("c@x", 1)};
  orders[0].accepted_at = noon - 2h;
  orders[1].accepted_at = noon + 1h;
  const auto result = allocate({{standing(5)}, {}, {}}, orders, payment_mode::charge);
  CHECK(outcomes(result) == texts{"sale_not_open", "sale_closed", "reserved"});
}

TEST_CASE("nothing is sold of an event that had started, whatever the sale's own end") {
  auto stock = standing(5);
  stock.starts_at = noon;
  std::vector orders{order_of("a@x", 1), order_of("b@x", 1)};
  orders[0].accepted_at = noon - 1us;
  const auto result = allocate({{stock}, {}, {}}, orders, payment_mode::charge);
  CHECK(outcomes(result) == texts{"reserved", "sale_closed"});
}

TEST_CASE("what costs nothing, or need not be paid here, is confirmed at once") {
  auto free_stock = standing(5);
  free_stock.price.amount = 0;
  const std::vector orders{order_of("a@x", 1)};
  CHECK(outcomes(allocate({{free_stock}, {}, {}}, orders, payment_mode::charge)) == texts{"confirmed"});
  CHECK(outcomes(allocate({{standing(5)}, {}, {}}, orders, payment_mode::confirm_at_once)) == texts{"confirmed"});
}

TEST_CASE("an order for a category that does not exist costs nobody else anything") {
  std::vector orders{order_of("a@x", 1), order_of("b@x", 1)};
  orders[0].category_id = "moon";
  const auto result = allocate({{standing(5)}, {}, {}}, orders, payment_mode::charge);
  CHECK(outcomes(result) == texts{"not_available", "reserved"});
  CHECK(result.decisions[0].status == order_status::rejected);
  CHECK(result.decisions[0].total == money{0, "XXX"});
}

TEST_CASE("what the buyer saw binds, whatever the row says by now") {
  auto stock = standing(5);
  stock.price = {5000, "EUR"};
  stock.max_per_buyer = 1;
  std::vector orders{order_of("a@x", 2), order_of("b@x", 1), order_of("b@x", 1)};
  orders[0].terms =
      sale_terms{{1000, "TRY"}, {orders[0].accepted_at, orders[0].accepted_at + std::chrono::seconds(1)}, 2};
  stock.sale = {orders[0].accepted_at - std::chrono::hours(2), orders[0].accepted_at - std::chrono::hours(1)};
  orders[1].accepted_at = stock.sale.opens_at;
  orders[2].accepted_at = stock.sale.closes_at;
  const auto result = allocate({{stock}, {}, {}}, orders, payment_mode::charge);
  CHECK(outcomes(result) == texts{"reserved", "reserved", "sale_closed"});
  CHECK(result.decisions[0].total == money{2000, "TRY"});
  CHECK(result.decisions[1].total == money{5000, "EUR"});  // of version 1: the row's

  orders[0].terms->window.closes_at = orders[0].accepted_at;
  CHECK(outcomes(allocate({{stock}, {}, {}}, {orders.data(), 1}, payment_mode::charge)) == texts{"sale_closed"});
  orders[0].terms->window = {orders[0].accepted_at + std::chrono::seconds(1),
                             orders[0].accepted_at + std::chrono::seconds(2)};
  CHECK(outcomes(allocate({{stock}, {}, {}}, {orders.data(), 1}, payment_mode::charge)) == texts{"sale_not_open"});
  orders[0].terms->window.opens_at = orders[0].accepted_at;
  orders[0].terms->max_per_buyer = 1;
  CHECK(outcomes(allocate({{stock}, {}, {}}, {orders.data(), 1}, payment_mode::charge)) == texts{"limit_exceeded"});
}

TEST_CASE("a currency's minor unit has as many digits as ISO 4217 says") {
  CHECK(minor_unit_digits("TRY") == 2);
  CHECK(minor_unit_digits("JPY") == 0);
  CHECK(minor_unit_digits("KWD") == 3);
  CHECK(minor_unit_digits("AED") == 2);  // the first and the last
  CHECK(minor_unit_digits("ZWG") == 2);
  for (const auto* code : {"", "TR", "try", "TRYY", "AAA", "ZZZ", "XXX", "ANG", "BGN"})
    CHECK_FALSE(minor_unit_digits(code));
}

TEST_CASE("an address has one form, however it is written") {
  for (const auto* spelling : {"ada@example.com", " Ada@Example.COM ", "\tADA@EXAMPLE.com\r\n",
                               "\u00a0ada@example.com\u200b", "\ufeffada@example.com\u3000"})
    CHECK(canonical_email(spelling) == "ada@example.com");
  for (const auto* spelling : {"ada@\u00f6rnek.com.tr", "Ada@\u00d6RNEK.com.TR", "ada@o\u0308rnek.com.tr",
                               "ada@xn--rnek-4qa.com.tr", "ADA@XN--RNEK-4QA.COM.TR", "ada@\u00f6rnek\u3002com\u3002tr"})
    CHECK(canonical_email(spelling) == "ada@xn--rnek-4qa.com.tr");
  // What is canonical stays so, and what stood in orders before keeps its form.
  for (const auto* kept : {"ada@xn--rnek-4qa.com.tr", "a_b+c@d_e.example", "a@b", "\u0131\u015f\u0131k@example.com"})
    CHECK(canonical_email(kept) == kept);
}

TEST_CASE("no letter of Turkish is taken for another") {
  CHECK(canonical_email("I@example.com") == "i@example.com");
  CHECK(canonical_email("\u0130@example.com") == "\u0130@example.com");
  CHECK(canonical_email("\u0131@example.com") == "\u0131@example.com");
  const auto dotted = canonical_email("a@\u0130stanbul.com");
  const auto dotless = canonical_email("a@\u0131stanbul.com");
  CHECK(dotted.starts_with("a@xn--"));
  CHECK(dotless.starts_with("a@xn--"));
  CHECK(dotted != dotless);
  CHECK(canonical_email("a@ISTANBUL.com") == "a@istanbul.com");
}

TEST_CASE("a domain that is none stays as it is, for the rule to refuse") {
  using namespace std::string_literals;
  for (const auto& wrong : {"a@\xff\xfe"s, "a@\u00f6\0x.com"s, "a@\u00f6 b.com"s, "a@\u00f6..com"s,
                            "a@" + std::string(70, 'o') + "\u00f6.com"})
    CHECK(fault_of_email(canonical_email(wrong)) != "");
}

TEST_CASE("emails are compared without case") { CHECK(canonical_email("Ada.L@Example.COM") == "ada.l@example.com"); }

TEST_CASE("what is confirmed gets the next invoices, without a gap for who is refused, and its tickets' codes") {
  const std::vector orders{order_of("a@x", 2), order_of("b@x", 5), order_of("c@x", 1)};
  settlement_context context{{standing(3)}, {}, {}};
  context.last_invoices["gig"] = 7;
  auto result = allocate(context, orders, payment_mode::confirm_at_once);
  REQUIRE(outcomes(result) == texts{"confirmed", "limit_exceeded", "confirmed"});
  CHECK(result.decisions[0].invoice == 8);
  CHECK(result.decisions[1].invoice == 0);
  CHECK(result.decisions[2].invoice == 9);

  auto printer = ticketd::test::make_printer();
  print_tickets(result, orders, printer);
  CHECK(result.decisions[0].ticket_codes == printer.codes(orders[0].id, 2));
  CHECK(result.decisions[1].ticket_codes.empty());
}
