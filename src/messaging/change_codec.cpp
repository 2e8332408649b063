#include "messaging/change_codec.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace ticketd::messaging {

namespace json = boost::json;

std::string encode_changes(std::span<const domain::order_id> changed) {
  std::string body = R"({"orders":[)";
  for (const auto& id : changed) body.append(1, '"').append(id.to_string()).append("\",");
  if (!changed.empty()) body.pop_back();
  return body += "]}";
}

std::vector<domain::order_id> decode_changes(std::string_view body) {
  std::vector<domain::order_id> changed;
  boost::system::error_code malformed;
  const auto parsed = json::parse({body.data(), body.size()}, malformed);
  const auto* notice = malformed ? nullptr : parsed.if_object();
  const auto* orders = notice == nullptr ? nullptr : notice->if_contains("orders");
  if (orders == nullptr || !orders->is_array()) return changed;
  for (const auto& each : orders->get_array()) {
    const auto* text = each.if_string();
    if (text == nullptr) continue;
    if (const auto id = domain::order_id::parse({text->data(), text->size()})) changed.push_back(*id);
  }
  return changed;
}

}  // namespace ticketd::messaging
