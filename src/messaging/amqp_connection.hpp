// One connection to the broker, as long as it lasts: the calls of rabbitmq-c that ticketd needs, each with a bound on
// how long it may take.
//
// The first failure ends the connection: every later call answers false, and failure() says why. The owner then throws
// the object away and makes another.
//
// Thread: one, the connection's own; only connection_interrupter may be touched from another.
#pragma once

#include "messaging/amqp_library.hpp"
#include "messaging/broker_address.hpp"
#include "ticketd/async/awaitable.hpp"
#include "ticketd/messaging/broker_settings.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::messaging {

// Ends a connection under the thread that is stuck in it: rabbitmq-c's sends wait for a peer that does not read until
// two heartbeats have been missed. Works on a duplicate of the descriptor, as the library closes its own when it likes.
//
// Thread: any.
class connection_interrupter {
 public:
  connection_interrupter() = default;
  ~connection_interrupter() { release(); }
  connection_interrupter(const connection_interrupter&) = delete;
  connection_interrupter& operator=(const connection_interrupter&) = delete;

  // False if it has been interrupted before: then nothing new may be begun either.
  [[nodiscard]] bool watch(int socket);
  void release();
  // Now, and every connection that is watched later.
  void interrupt();

 private:
  std::mutex mutex_;
  int duplicate_ = -1;
  bool is_interrupted_ = false;
};

struct connection_settings {
  broker_address address;
  std::string ca_file;
  std::string name;  // shown by the broker's tools
  connection_limits limits{};
};

// The connection of one purpose: "publisher" of the instance api-1 is "api-1/publisher". Throws std::invalid_argument
// for a URL that is none.
[[nodiscard]] connection_settings connect_as(std::string_view purpose, const broker_settings& broker);

// Channels are numbered from 1 to this, which is asked of the broker.
inline constexpr amqp_channel_t channels_max = 16;

// A message to publish, as the broker needs it. Views only: valid during the call.
struct outgoing_message {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view message_id;  // comes back with a returned message
  std::string_view body;
  std::string_view reason;  // header x-ticketd-reason, if not empty
  bool is_kept = true;      // persistent and mandatory; else it is for whoever happens to listen
};

class amqp_connection {
 public:
  amqp_connection(connection_interrupter& interrupter, connection_limits limits);
  ~amqp_connection();
  amqp_connection(const amqp_connection&) = delete;
  amqp_connection& operator=(const amqp_connection&) = delete;

  // Connects and logs in. Of several addresses each attempt begins with the next.
  [[nodiscard]] bool open(const connection_settings& to, std::size_t attempt = 0);
  [[nodiscard]] bool open_channel(amqp_channel_t channel);
  [[nodiscard]] bool open_confirmed_channel(amqp_channel_t channel);
  // The protocol's closing handshake, if the socket has room; waits a fraction of a second at most.
  void close();

  // Whether the socket has room. The library's sends wait for it, and meanwhile nothing is read: ask before each.
  [[nodiscard]] bool takes_bytes() const;
  [[nodiscard]] bool publish(amqp_channel_t channel, const outgoing_message& message);
  enum class acknowledging { only_this, all_up_to_this };
  [[nodiscard]] bool acknowledge(amqp_channel_t channel, std::uint64_t delivery_tag, acknowledging which);
  // Not to be delivered again: the broker takes it to the queue's dead letters, if there is a place for them.
  [[nodiscard]] bool reject(amqp_channel_t channel, std::uint64_t delivery_tag);
  // Starts a call whose answer is read as a frame.
  [[nodiscard]] bool send(amqp_channel_t channel, amqp_method_number_t method, void* arguments);

  enum class read_result { frame, nothing, failed };
  // Never waits. A frame is valid until release(). Also sends and judges heartbeats, so it must be called every second
  // or so. A close of the connection or of a channel by the broker is a failure.
  [[nodiscard]] read_result read(amqp_frame_t& frame);
  void release(const amqp_frame_t& frame);

  // Whether read() has something although the socket may have nothing.
  [[nodiscard]] bool has_input_in_memory() const;

  // Whether a reply is as it should be; if not, the connection has failed at `doing`.
  [[nodiscard]] bool check(const amqp_rpc_reply_t& reply, std::string_view doing);
  // For what only the caller can know to be the end. Always false.
  bool fail(std::string_view why);

  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] amqp_connection_state_t native() const noexcept { return state_; }
  [[nodiscard]] int socket() const noexcept;

 private:
  [[nodiscard]] bool connect(const connection_settings& to, std::size_t attempt);
  [[nodiscard]] bool connect_plain(std::vector<asio::ip::tcp::endpoint> addresses, std::size_t attempt);
  [[nodiscard]] bool connect_with_tls(const broker_address& to, const std::string& ca_file);
  [[nodiscard]] bool log_in(const broker_address& address, const std::string& name);
  [[nodiscard]] bool check_status(int status, std::string_view doing);
  [[nodiscard]] bool has_failed() const noexcept { return !failure_.empty(); }

  connection_interrupter& interrupter_;
  connection_limits limits_;
  amqp_connection_state_t state_ = nullptr;
  std::string failure_;
};

}  // namespace ticketd::messaging
