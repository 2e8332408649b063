// Events and orders as buyers read them.
#include "api/views.hpp"
#include "support/catch2.hpp"

#include <boost/json.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::roles::api;
using catalog::read_source;

namespace {

domain::timestamp at(std::string_view text) { return *domain::parse_rfc3339(text); }

domain::event_snapshot gig() {
  domain::event_snapshot event;
  event.id = "gig";
  event.name =
      "Gr\xc3\xa2"
      "ce \"Live\"";
  event.venue = "Hall";
  event.starts_at = at("2027-07-17T18:00:00Z");
  event.sale = {at("2027-01-05T10:00:00Z"), at("2027-07-01T00:00:00Z")};
  event.max_per_buyer = 4;
  event.categories = {{.id = "standing", .name = "Standing", .price = {1000, "TRY"}, .capacity = 10, .remaining = 3}};
  event.as_of = at("2027-02-01T00:00:00Z");
  return event;
}

const auto during_sale = at("2027-02-01T00:00:05Z");

boost::json::value parsed(const std::string& text) { return boost::json::parse(text); }

domain::order_view order() {
  domain::order_view order;
  order.id = *domain::order_id::parse("6f0c8a52-1f3e-8b7a-9c1d-000102030405");
  order.status = domain::order_status::reserved;
  order.event_id = "gig";
  order.category_id = "standing";
  order.quantity = 2;
  order.total = {2000, "TRY"};
  order.created_at = at("2027-02-01T00:00:00Z");
  order.updated_at = at("2027-02-01T00:00:01Z");
  return order;
}

}  // namespace

TEST_CASE("an event is rendered with its categories, and in a list without", "[api]") {
  const auto event = std::make_shared<const domain::event_snapshot>(gig());
  const auto one = parsed(render_event(*event, during_sale));
  CHECK(one.at("name").as_string() == event->name.c_str());
  CHECK(one.at("sale_status").as_string() == "on_sale");
  CHECK(one.at("sale_opens_at").as_string() == "2027-01-05T10:00:00Z");
  CHECK(one.at("max_per_buyer").as_int64() == 4);
  REQUIRE(one.at("categories").as_array().size() == 1);
  CHECK(one.at("categories").at(0).at("capacity").as_int64() == 10);
  CHECK_FALSE(one.at("categories").at(0).as_object().contains("remaining"));  // that is the availability's
  const auto list = parsed(render_events(std::vector{event, event}, during_sale));
  REQUIRE(list.at("events").as_array().size() == 2);
  CHECK_FALSE(list.at("events").as_array()[0].as_object().contains("categories"));
  CHECK(render_events({}, during_sale) == R"({"events":[]})");
}

TEST_CASE("availability says what is left, and of when that is", "[api]") {
  CHECK(render_availability(gig(), during_sale) ==
        R"({"event_id":"gig","sale_status":"on_sale","as_of":"2027-02-01T00:00:00Z","categories":[{"id":"standing",)"
        R"("name":"Standing","price":{"amount":1000,"currency":"TRY"},"capacity":10,"remaining":3}]})");
}

TEST_CASE("an order has a reason, an invoice and tickets once there are some", "[api]") {
  auto shown = order();
  CHECK(render_order(shown) ==
        R"({"id":"6f0c8a52-1f3e-8b7a-9c1d-000102030405","status":"reserved","reason":null,"event_id":"gig",)"
        R"("category_id":"standing","quantity":2,"total":{"amount":2000,"currency":"TRY"},"tickets":[],)"
        R"("invoice":null,"created_at":"2027-02-01T00:00:00Z","updated_at":"2027-02-01T00:00:01Z"})");
  shown.status = domain::order_status::confirmed;
  shown.invoice_number = "gig-7";
  shown.tickets = {{"t-1", "ABC"}, {"t-2", "DEF"}};
  const auto confirmed = parsed(render_order(shown));
  CHECK(confirmed.at("invoice").at("number").as_string() == "gig-7");
  CHECK(confirmed.at("tickets").as_array()[1].at("code").as_string() == "DEF");
  shown.status = domain::order_status::rejected;
  shown.reason = domain::order_reason::sold_out;
  CHECK(parsed(render_order(shown)).at("reason").as_string() == "sold_out");
  CHECK(render_queued(shown.id) == R"({"id":"6f0c8a52-1f3e-8b7a-9c1d-000102030405","status":"queued"})");
}

TEST_CASE("Cache-Status says how a reading was come by", "[api]") {
  catalog::event_reading reading{std::make_shared<const domain::event_snapshot>(gig()), read_source::copy};
  const auto status = [&](read_source source, bool has_cache = true, bool is_up = true) {
    reading.source = source;
    return render_cache_status(reading, has_cache, is_up, during_sale);
  };
  CHECK(status(read_source::copy) == "ticketd; hit");
  CHECK(status(read_source::copy, true, false) == "ticketd; hit; detail=redis-down");
  CHECK(status(read_source::redis) == "ticketd; hit");
  CHECK(status(read_source::database) == "ticketd; fwd=miss");
  CHECK(status(read_source::bypass, true, false) == "ticketd; fwd=bypass; detail=redis-down");
  CHECK(status(read_source::bypass, false, false) == "ticketd; fwd=bypass; detail=cache-off");
  CHECK(status(read_source::stale_copy) == "ticketd; hit; ttl=-5; detail=database-down");
}
