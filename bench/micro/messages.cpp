// A message's body, written by a replica and read by the worker.
#include "messaging/order_codec.hpp"
#include "samples.hpp"
#include "subject.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace ticketd::bench {

namespace {

constexpr domain::timestamp decoded_at{};

std::string encode(const std::vector<domain::accepted_order>& orders) {
  messaging::order_encoder encoder;
  for (const auto& order : orders) encoder.add(order);
  return encoder.take();
}

std::function<void()> encode_message() {
  return [orders = sample_orders(orders_of_message)] { keep(encode(orders)); };
}

std::function<void()> decode_message() {
  std::string body = encode(sample_orders(orders_of_message));
  const auto decoded = messaging::decode_message(body, decoded_at);
  const auto* message = std::get_if<messaging::decoded_message>(&decoded);
  if (!message || message->orders.size() != orders_of_message)
    throw std::logic_error("the sample is no message of as many orders");
  return [body = std::move(body)] { keep(messaging::decode_message(body, decoded_at)); };
}

}  // namespace

std::vector<subject> message_subjects() {
  return {{"encode_message", orders_of_message, encode_message}, {"decode_message", orders_of_message, decode_message}};
}

}  // namespace ticketd::bench
