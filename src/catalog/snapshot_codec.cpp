#include "catalog/snapshot_codec.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace ticketd::catalog {
namespace {

namespace json = boost::json;
using domain::category_view;
using domain::event_snapshot;
using domain::timestamp;

std::int64_t encode_time(timestamp time) { return time.time_since_epoch().count(); }
timestamp decode_time(const json::value& value) { return timestamp(std::chrono::microseconds(value.as_int64())); }
std::string decode_text(const json::value& value) { return std::string(value.as_string()); }

json::object encode_category(const category_view& category) {
  return {{"id", category.id},
          {"name", category.name},
          {"amount", category.price.amount},
          {"currency", category.price.currency},
          {"capacity", category.capacity},
          {"remaining", category.remaining}};
}

category_view decode_category(const json::object& object) {
  return {.id = decode_text(object.at("id")),
          .name = decode_text(object.at("name")),
          .price = {object.at("amount").as_int64(), decode_text(object.at("currency"))},
          .capacity = object.at("capacity").to_number<int>(),
          .remaining = object.at("remaining").to_number<int>()};
}

// A value without it, or without the generation of the secret, is a version's that knows one only, and may take this
// event's for that: it must not be guessed, as two layouts, or two secrets, make two orders of one.
domain::id_layout decode_layout(const json::value& value) {
  const auto number = value.to_number<int>();
  if (number != static_cast<int>(domain::id_layout::by_buyer) &&
      number != static_cast<int>(domain::id_layout::by_event))
    throw std::invalid_argument("a layout that is not known here");
  return static_cast<domain::id_layout>(number);
}

event_snapshot decode_event(const json::object& object) {
  event_snapshot event{.id = decode_text(object.at("id")),
                       .name = decode_text(object.at("name")),
                       .venue = decode_text(object.at("venue")),
                       .starts_at = decode_time(object.at("starts_at")),
                       .sale = {decode_time(object.at("sale_opens_at")), decode_time(object.at("sale_closes_at"))},
                       .max_per_buyer = object.at("max_per_buyer").to_number<int>(),
                       .categories = {},
                       .revision = object.at("revision").as_int64(),
                       .as_of = decode_time(object.at("as_of")),
                       .waiting = object.at("waiting").to_number<int>(),
                       .id_layout = decode_layout(object.at("id_layout")),
                       .secret_generation = decode_text(object.at("secret_generation"))};
  for (const auto& category : object.at("categories").as_array())
    event.categories.push_back(decode_category(category.as_object()));
  return event;
}

}  // namespace

std::string cache_key(std::string_view event_id) { return "ticketd:event:" + std::string(event_id); }

std::int64_t cache_version(const event_snapshot& event) noexcept { return event.as_of.time_since_epoch().count(); }

std::string encode_snapshot(const event_snapshot& event) {
  json::array categories;
  for (const auto& category : event.categories) categories.push_back(encode_category(category));
  const json::object object{{"id", event.id},
                            {"name", event.name},
                            {"venue", event.venue},
                            {"starts_at", encode_time(event.starts_at)},
                            {"sale_opens_at", encode_time(event.sale.opens_at)},
                            {"sale_closes_at", encode_time(event.sale.closes_at)},
                            {"max_per_buyer", event.max_per_buyer},
                            {"categories", std::move(categories)},
                            {"revision", event.revision},
                            {"as_of", encode_time(event.as_of)},
                            {"waiting", event.waiting},
                            {"id_layout", static_cast<int>(event.id_layout)},
                            {"secret_generation", event.secret_generation}};
  return json::serialize(object);
}

std::optional<event_snapshot> decode_snapshot(std::string_view text) {
  // at(), as_...() and parse() throw on whatever does not fit: a value that another version, or another program, left.
  try {
    return decode_event(json::parse({text.data(), text.size()}).as_object());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace ticketd::catalog
