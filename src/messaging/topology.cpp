#include "messaging/topology.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ticketd::messaging {

namespace {

// RabbitMQ 4 gives every quorum queue a delivery limit of 20: dead letters that an operator only looked at would be
// dropped. (There -1 is "none", which 3.10 refuses.)
constexpr std::int64_t as_good_as_no_limit = 1'000'000'000;

amqp_table_entry_t text_argument(const char* name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes_of(value);
  return entry;
}

amqp_table_entry_t number_argument(const char* name, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

amqp_table_entry_t flag_argument(const char* name) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

bool declare_exchange(amqp_connection& connection, amqp_channel_t channel, std::string_view name,
                      const char* type = "direct") {
  constexpr amqp_boolean_t passive = 0, durable = 1, auto_delete = 0, internal = 0;
  amqp_exchange_declare(connection.native(), channel, bytes_of(name), amqp_cstring_bytes(type), passive, durable,
                        auto_delete, internal, amqp_empty_table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "declare an exchange");
}

bool declare_queue(amqp_connection& connection, amqp_channel_t channel, std::string_view name,
                   std::span<amqp_table_entry_t> arguments) {
  constexpr amqp_boolean_t passive = 0, durable = 1, exclusive = 0, auto_delete = 0;
  const amqp_table_t table{static_cast<int>(arguments.size()), arguments.data()};
  amqp_queue_declare(connection.native(), channel, bytes_of(name), passive, durable, exclusive, auto_delete, table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "declare a queue");
}

bool bind_queue(amqp_connection& connection, amqp_channel_t channel, std::string_view queue, std::string_view exchange,
                std::string_view routing_key) {
  amqp_queue_bind(connection.native(), channel, bytes_of(queue), bytes_of(exchange), bytes_of(routing_key),
                  amqp_empty_table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "bind a queue");
}

bool declare_dead_letters(amqp_connection& connection, amqp_channel_t channel, const queue_settings& queue) {
  std::array arguments{text_argument("x-queue-type", "quorum"),
                       number_argument("x-delivery-limit", as_good_as_no_limit)};
  return declare_exchange(connection, channel, queue.dead_exchange) &&
         declare_queue(connection, channel, queue.dead_queue, arguments) &&
         bind_queue(connection, channel, queue.dead_queue, queue.dead_exchange, queue.routing_key);
}

bool declare_orders(amqp_connection& connection, amqp_channel_t channel, const queue_settings& queue) {
  // At-least-once dead-lettering needs reject-publish (RabbitMQ manual, "Quorum Queues"); without it a dead letter is
  // lost if the broker stops between the two queues.
  std::array arguments{text_argument("x-queue-type", "quorum"),
                       flag_argument("x-single-active-consumer"),
                       text_argument("x-overflow", "reject-publish"),
                       number_argument("x-max-length", queue.length_max),
                       number_argument("x-delivery-limit", queue.delivery_limit),
                       text_argument("x-dead-letter-exchange", queue.dead_exchange),
                       text_argument("x-dead-letter-routing-key", queue.routing_key),
                       text_argument("x-dead-letter-strategy", "at-least-once")};
  return declare_exchange(connection, channel, queue.exchange) &&
         declare_queue(connection, channel, queue.queue, arguments) &&
         bind_queue(connection, channel, queue.queue, queue.exchange, queue.routing_key);
}

}  // namespace

bool declare_topology(amqp_connection& connection, amqp_channel_t channel, const queue_settings& queue) {
  // The dead letters' place first: from the moment that the orders' queue stands it may need it.
  return declare_dead_letters(connection, channel, queue) && declare_orders(connection, channel, queue) &&
         declare_exchange(connection, channel, queue.changes_exchange, "fanout");
}

std::string declare_queue_of_listener(amqp_connection& connection, amqp_channel_t channel, std::string_view exchange,
                                      std::int64_t length_max) {
  constexpr amqp_boolean_t passive = 0, durable = 0, exclusive = 1, auto_delete = 1;
  std::array arguments{number_argument("x-max-length", length_max), text_argument("x-overflow", "drop-head")};
  const amqp_table_t table{static_cast<int>(arguments.size()), arguments.data()};
  const auto* declared = amqp_queue_declare(connection.native(), channel, amqp_empty_bytes, passive, durable, exclusive,
                                            auto_delete, table);
  if (!connection.check(amqp_get_rpc_reply(connection.native()), "declare a queue of notices")) return {};
  std::string name(text_of(declared->queue));
  return bind_queue(connection, channel, name, exchange, "") ? name : std::string();
}

}  // namespace ticketd::messaging
