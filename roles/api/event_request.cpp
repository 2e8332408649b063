#include "api/event_request.hpp"

#include "api/json_members.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/event_definition.hpp"
#include "ticketd/domain/money.hpp"

#include <set>

namespace ticketd::roles::api {
namespace {

namespace json = boost::json;

std::string describe(const domain::charge_bounds& takes) {
  return std::to_string(takes.least) + " to " + std::to_string(takes.most);
}

domain::category_definition read_category(json_members members, const domain::charge_bounds& takes) {
  domain::category_definition category;
  category.id = members.slug("id");
  category.name = members.text("name", domain::event_text_bytes_max);
  json_members price = members.object("price");
  category.price.amount = price.integer("amount", 0, domain::price_amount_max);
  if (!takes.take(category.price.amount)) price.complain("amount", "must be 0, or " + describe(takes));
  category.price.currency = price.currency("currency");
  category.capacity = static_cast<int>(members.integer("capacity", 0, domain::category_capacity_max));
  return category;
}

std::vector<domain::category_definition> read_categories(json_members& members, const domain::charge_bounds& takes,
                                                         std::vector<http::field_error>& errors) {
  std::vector<domain::category_definition> categories;
  std::set<std::string> ids;
  std::size_t index = 0;
  for (const json::value& element : members.array("categories", domain::event_categories_max)) {
    const std::string pointer = members.pointer_to("categories") + "/" + std::to_string(index++);
    const auto* object = element.if_object();
    if (object == nullptr) {
      errors.push_back({pointer, "must be an object"});
      continue;
    }
    categories.push_back(read_category(members.element(*object, pointer), takes));
    if (!ids.insert(categories.back().id).second) errors.push_back({pointer + "/id", "stands twice"});
  }
  return categories;
}

}  // namespace

std::variant<domain::event_definition, http::problem> parse_event_request(const http::request& request,
                                                                          std::string_view event_id,
                                                                          const domain::charge_bounds& takes) {
  auto body = parse_object(request);
  if (auto* problem = std::get_if<http::problem>(&body)) return std::move(*problem);

  std::vector<http::field_error> errors;
  json_members members(std::get<json_body>(body), errors);
  domain::event_definition event;
  event.id = event_id;
  if (!domain::is_slug(event_id)) errors.push_back({"", "the event's id in the path " + slug_rule()});
  event.name = members.text("name", domain::event_text_bytes_max);
  event.venue = members.text("venue", domain::event_text_bytes_max);
  event.starts_at = members.time("starts_at");
  event.sale.opens_at = members.time("sale_opens_at");
  event.sale.closes_at = members.time("sale_closes_at");
  event.max_per_buyer = static_cast<int>(members.integer("max_per_buyer", 1, domain::event_max_per_buyer_max));
  event.categories = read_categories(members, takes, errors);
  if (errors.empty() && !domain::has_time_to_sell(event.sale))
    members.complain("sale_closes_at", "must be later than sale_opens_at");
  if (errors.empty() && !domain::may_buy_as_many_as_allowed(event, takes))
    members.complain("max_per_buyer", "so many tickets must cost 0, or " + describe(takes));
  if (!errors.empty()) return make_validation_problem(std::move(errors));
  return event;
}

}  // namespace ticketd::roles::api
