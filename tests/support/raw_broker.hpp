// The broker as an operator, or a fault, sees it: beside the code under test, on a connection of its own.
#pragma once

#include "messaging/amqp_connection.hpp"
#include "support/catch2.hpp"
#include "support/servers.hpp"
#include "ticketd/messaging/queue_settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ticketd::test {

// The tests' queue: the one that ships.
inline const messaging::queue_settings the_queue{};

// A setting of the broker's that is in the way of somebody, and is put back however the test ends.
class broker_setting {
 public:
  broker_setting(const std::string& changed, std::string as_before) : as_before_(std::move(as_before)) {
    lab("rabbitmqctl", changed);
  }
  broker_setting(const broker_setting&) = delete;
  broker_setting& operator=(const broker_setting&) = delete;
  ~broker_setting() { put_back(); }
  void put_back() {
    if (!as_before_.empty()) run_lab("rabbitmqctl", std::exchange(as_before_, {}));
  }

 private:
  std::string as_before_;
};

// From now on the broker reads nothing more of connections that publish.
struct memory_alarm : broker_setting {
  memory_alarm() : broker_setting("set_vm_memory_high_watermark 0.000001", "set_vm_memory_high_watermark 0.4") {}
};

struct raw_message {
  std::string body;
  std::string reason;  // header x-ticketd-reason
};

class raw_broker {
 public:
  raw_broker() : connection_(interrupter_, {}) {
    REQUIRE(connection_.open({messaging::parse_broker_url(required_variable("TICKETD_TEST_AMQP_URL")), "", "test"}));
    REQUIRE(connection_.open_channel(channel));
  }

  // The queues are declared again by whoever connects next.
  void delete_queue(std::string_view queue) {
    amqp_queue_delete(native(), channel, messaging::bytes_of(queue), 0, 0);
    require_success("delete a queue");
  }

  void forget_everything() {
    delete_queue(the_queue.queue);
    delete_queue(the_queue.dead_queue);
  }

  void unbind_orders() {
    amqp_queue_unbind(native(), channel, messaging::bytes_of(the_queue.queue), messaging::bytes_of(the_queue.exchange),
                      messaging::bytes_of(the_queue.routing_key), amqp_empty_table);
    require_success("unbind");
  }

  void publish(const std::string& body) {
    REQUIRE(connection_.publish(channel, {the_queue.exchange, the_queue.routing_key, "raw", body, {}}));
  }

  // Of what is ready; unacknowledged messages don't count.
  std::uint32_t messages_in(std::string_view queue) {
    amqp_queue_declare(native(), channel, messaging::bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
    const auto reply = amqp_get_rpc_reply(native());
    require_success("count messages");
    return static_cast<const amqp_queue_declare_ok_t*>(reply.reply.decoded)->message_count;
  }

  // Takes a message out for good.
  std::optional<raw_message> take_from(std::string_view queue) {
    constexpr amqp_boolean_t no_ack = 1;
    const auto reply = amqp_basic_get(native(), channel, messaging::bytes_of(queue), no_ack);
    REQUIRE(connection_.check(reply, "get"));
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
    amqp_message_t message{};
    REQUIRE(connection_.check(amqp_read_message(native(), channel, &message, 0), "read"));
    raw_message taken{std::string(messaging::text_of(message.body)), reason_of(message.properties)};
    amqp_destroy_message(&message);
    return taken;
  }

 private:
  static constexpr amqp_channel_t channel = 1;

  static std::string reason_of(const amqp_basic_properties_t& properties) {
    for (int i = 0; (properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0 && i < properties.headers.num_entries; ++i) {
      const auto& entry = properties.headers.entries[i];
      if (messaging::text_of(entry.key) == "x-ticketd-reason")
        return std::string(messaging::text_of(entry.value.value.bytes));
    }
    return "";
  }

  void require_success(std::string_view doing) {
    INFO(connection_.failure());
    REQUIRE(connection_.check(amqp_get_rpc_reply(native()), doing));
  }

  amqp_connection_state_t native() { return connection_.native(); }

  messaging::connection_interrupter interrupter_;
  messaging::amqp_connection connection_;
};

}  // namespace ticketd::test
