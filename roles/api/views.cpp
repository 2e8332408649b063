#include "api/views.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace ticketd::roles::api {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) { return json::string(value.data(), value.size()); }

json::object money_object(const domain::money& money) {
  return {{"amount", money.amount}, {"currency", money.currency}};
}

json::object category_object(const domain::category_view& category) {
  return {{"id", category.id},
          {"name", category.name},
          {"price", money_object(category.price)},
          {"capacity", category.capacity}};
}

json::object event_object(const domain::event_snapshot& event, domain::timestamp at) {
  return {{"id", event.id},
          {"name", event.name},
          {"venue", event.venue},
          {"starts_at", domain::to_rfc3339(event.starts_at)},
          {"sale_opens_at", domain::to_rfc3339(event.sale.opens_at)},
          {"sale_closes_at", domain::to_rfc3339(event.sale.closes_at)},
          {"sale_status", text(to_string(event.status(at)))},
          {"max_per_buyer", event.max_per_buyer}};
}

json::array ticket_array(const domain::order_view& order) {
  json::array tickets;
  for (const auto& ticket : order.tickets) tickets.push_back(json::object{{"id", ticket.id}, {"code", ticket.code}});
  return tickets;
}

}  // namespace

std::string render_events(std::span<const std::shared_ptr<const domain::event_snapshot>> events, domain::timestamp at) {
  json::array list;
  for (const auto& event : events) list.push_back(event_object(*event, at));
  return json::serialize(json::object{{"events", std::move(list)}});
}

std::string render_event(const domain::event_snapshot& event, domain::timestamp at) {
  json::object object = event_object(event, at);
  json::array& categories = object["categories"].emplace_array();
  for (const auto& category : event.categories) categories.push_back(category_object(category));
  return json::serialize(object);
}

std::string render_availability(const domain::event_snapshot& event, domain::timestamp at) {
  json::array categories;
  for (const auto& category : event.categories) {
    json::object object = category_object(category);
    object["remaining"] = category.remaining;
    categories.push_back(std::move(object));
  }
  return json::serialize(json::object{{"event_id", event.id},
                                      {"sale_status", text(to_string(event.status(at)))},
                                      {"as_of", domain::to_rfc3339(event.as_of)},
                                      {"categories", std::move(categories)}});
}

std::string render_order(const domain::order_view& order) {
  json::object object{{"id", order.id.to_string()},
                      {"status", text(to_string(order.status))},
                      {"reason", nullptr},
                      {"event_id", order.event_id},
                      {"category_id", order.category_id},
                      {"quantity", order.quantity},
                      {"total", money_object(order.total)},
                      {"tickets", ticket_array(order)},
                      {"invoice", nullptr},
                      {"created_at", domain::to_rfc3339(order.created_at)},
                      {"updated_at", domain::to_rfc3339(order.updated_at)}};
  if (order.reason != domain::order_reason::none) object["reason"] = text(to_string(order.reason));
  if (order.invoice_number) object["invoice"] = json::object{{"number", *order.invoice_number}};
  return json::serialize(object);
}

std::string render_queued(const domain::order_id& id) {
  return R"({"id":")" + id.to_string() + R"(","status":"queued"})";
}

std::string render_state(const domain::order_view& order) {
  return order.status == domain::order_status::queued ? render_queued(order.id) : render_order(order);
}

std::string render_cache_status(const catalog::event_reading& reading, bool has_cache, bool is_cache_up,
                                domain::timestamp at) {
  using catalog::read_source;
  switch (reading.source) {
    case read_source::copy:
      return is_cache_up ? "ticketd; hit" : "ticketd; hit; detail=redis-down";
    case read_source::redis:
      return "ticketd; hit";
    case read_source::database:
      return "ticketd; fwd=miss";
    case read_source::bypass:
      return has_cache ? "ticketd; fwd=bypass; detail=redis-down" : "ticketd; fwd=bypass; detail=cache-off";
    case read_source::stale_copy:
      break;
  }
  // RFC 9211, 2.6: a negative ttl says for how long the answer has been stale.
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(at - reading.event->as_of).count();
  return "ticketd; hit; ttl=-" + std::to_string(std::max<std::int64_t>(age, 1)) + "; detail=database-down";
}

}  // namespace ticketd::roles::api
