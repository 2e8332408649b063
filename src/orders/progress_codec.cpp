#include "orders/progress_codec.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <exception>

namespace ticketd::orders {
namespace {

namespace json = boost::json;

template <class Duration>
std::optional<Duration> read_duration(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  if (!value) return std::nullopt;
  return Duration(value->as_int64());
}

}  // namespace

std::string encode_progress(const settlement_progress& progress) {
  json::object object{{"as_of", progress.as_of.time_since_epoch().count()}};
  if (progress.settled_up_to) object["settled_up_to"] = progress.settled_up_to->time_since_epoch().count();
  if (progress.payment_wait) object["payment_wait"] = progress.payment_wait->count();
  return json::serialize(object);
}

std::optional<settlement_progress> decode_progress(std::string_view text) {
  // parse(), at() and as_...() throw on whatever does not fit: a value that another version, or another program, left.
  try {
    const auto object = json::parse({text.data(), text.size()}).as_object();
    settlement_progress progress;
    progress.as_of = domain::timestamp(std::chrono::microseconds(object.at("as_of").as_int64()));
    if (const auto up_to = read_duration<std::chrono::microseconds>(object, "settled_up_to"))
      progress.settled_up_to = domain::timestamp(*up_to);
    progress.payment_wait = read_duration<std::chrono::seconds>(object, "payment_wait");
    return progress;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace ticketd::orders
