// How a worker of version 1 reads a message, frozen: what replicas write today must stay readable for it, so that replicas
// and workers can be upgraded one by one in either order. Never to be changed.
#pragma once

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace ticketd::test::version_1 {

namespace json = boost::json;

struct reading {
  std::vector<domain::accepted_order> orders;
  std::size_t malformed = 0;
};

// The member's text, or nullopt if there is none, or it is no string.
inline std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

// One NUL in one name would make PostgreSQL refuse the whole batch, so control characters stop here.
inline bool is_plain_text(const std::optional<std::string_view>& text, std::size_t bytes_max) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return text && !text->empty() && text->size() <= bytes_max && text->find_first_not_of(' ') != text->npos &&
         std::ranges::none_of(*text, is_control);
}

inline bool is_slug(const std::optional<std::string_view>& text) { return text && domain::is_slug(*text); }

// Each reader fills its part of the order, or says what is wrong with it ("" is nothing).

inline std::string_view read_identity(const json::object& from, domain::accepted_order& order) {
  const auto id_text = text_of(from, "id");
  const auto id = id_text ? domain::order_id::parse(*id_text) : std::nullopt;
  if (!id) return "id is not a UUID";
  const auto event_id = text_of(from, "event_id");
  if (!is_slug(event_id)) return "event_id is not a slug";
  const auto category_id = text_of(from, "category_id");
  if (!is_slug(category_id)) return "category_id is not a slug";
  order.id = *id;
  order.event_id = *event_id;
  order.category_id = *category_id;
  return "";
}

inline std::string_view read_buyer(const json::object& from, domain::accepted_order& order) {
  const auto* member = from.if_contains("buyer");
  const auto* buyer = member ? member->if_object() : nullptr;
  if (!buyer) return "buyer is not an object";
  const auto name = text_of(*buyer, "name");
  if (!is_plain_text(name, 200)) return "buyer.name is not 1 to 200 bytes of text";
  const auto email = text_of(*buyer, "email");
  if (!is_plain_text(email, 254)) return "buyer.email is not 1 to 254 bytes of text";
  if (std::ranges::any_of(*email, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return "buyer.email is not in its canonical form";
  order.buyer.name = *name;
  order.buyer.email = *email;
  return "";
}

inline std::string_view read_purchase(const json::object& from, domain::accepted_order& order) {
  const auto* quantity = from.if_contains("quantity");
  const auto* number = quantity ? quantity->if_int64() : nullptr;
  if (!number || *number < 1 || *number > 1000000) return "quantity is not an integer from 1 to 1000000";
  const auto accepted_at_text = text_of(from, "accepted_at");
  const auto accepted_at = accepted_at_text ? domain::parse_rfc3339(*accepted_at_text) : std::nullopt;
  if (!accepted_at) return "accepted_at is not an RFC 3339 time";
  order.quantity = static_cast<int>(*number);
  order.accepted_at = *accepted_at;
  return "";
}

// A trace is a convenience: a bad one is left out, and never costs an order.
inline void read_trace(const json::object& from, domain::accepted_order& order) {
  const auto traceparent = text_of(from, "traceparent");
  if (is_plain_text(traceparent, 128)) order.traceparent = *traceparent;
}

inline std::string_view read_order(const json::value& from, domain::accepted_order& order) {
  const auto* object = from.if_object();
  if (!object) return "the order is not an object";
  if (const auto wrong = read_identity(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_buyer(*object, order); !wrong.empty()) return wrong;
  if (const auto wrong = read_purchase(*object, order); !wrong.empty()) return wrong;
  read_trace(*object, order);
  return "";
}

inline reading read(std::string_view body) {
  std::array<unsigned char, 32 * 1024> first_block;  // enough for most messages: no allocation for the tree
  json::monotonic_resource memory(first_block.data(), first_block.size());
  json::error_code error;
  const auto root = json::parse(body, error, &memory);
  if (error) return {{}, 1};
  const auto* object = root.if_object();
  const auto* member = object ? object->if_contains("orders") : nullptr;
  const auto* orders = member ? member->if_array() : nullptr;
  if (!orders || orders->empty()) return {{}, 1};

  reading message;
  message.orders.reserve(orders->size());
  for (const auto& each : *orders) {
    domain::accepted_order order;
    const auto wrong = read_order(each, order);
    if (wrong.empty())
      message.orders.push_back(std::move(order));
    else
      ++message.malformed;
  }
  return message;
}

}  // namespace ticketd::test::version_1
