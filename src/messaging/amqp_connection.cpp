#include "messaging/amqp_connection.hpp"

#include "ticketd/async/resolve.hpp"
#include "ticketd/async/tls.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <new>
#include <string>
#include <vector>

namespace ticketd::messaging {

namespace {

timeval to_timeval(std::chrono::milliseconds span) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(span);
  const std::chrono::microseconds rest = span - seconds;
  return {static_cast<time_t>(seconds.count()), static_cast<suseconds_t>(rest.count())};
}

amqp_table_entry_t text_entry(const char* key, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes_of(value);
  return entry;
}

amqp_table_entry_t flag_entry(const char* key) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

std::string describe_close(const amqp_method_t& method) {
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_connection_close_t*>(method.decoded);
    return std::to_string(close->reply_code) + " " + std::string(text_of(close->reply_text));
  }
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_channel_close_t*>(method.decoded);
    return std::to_string(close->reply_code) + " " + std::string(text_of(close->reply_text));
  }
  return "unexpected method";
}

bool is_close(const amqp_frame_t& frame) {
  return frame.frame_type == AMQP_FRAME_METHOD && (frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD ||
                                                   frame.payload.method.id == AMQP_CHANNEL_CLOSE_METHOD);
}

}  // namespace

bool connection_interrupter::watch(int socket) {
  const std::lock_guard lock(mutex_);
  if (duplicate_ != -1) ::close(duplicate_);
  duplicate_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  return !is_interrupted_;
}

void connection_interrupter::release() {
  const std::lock_guard lock(mutex_);
  if (duplicate_ != -1) ::close(duplicate_);
  duplicate_ = -1;
}

void connection_interrupter::interrupt() {
  const std::lock_guard lock(mutex_);
  is_interrupted_ = true;
  if (duplicate_ != -1) ::shutdown(duplicate_, SHUT_RDWR);  // wakes whoever polls or sends on it
}

connection_settings connect_as(std::string_view purpose, const broker_settings& broker) {
  return {parse_broker_url(broker.url), broker.ca_file, broker.instance + "/" + std::string(purpose), broker.limits};
}

amqp_connection::amqp_connection(connection_interrupter& interrupter, connection_limits limits)
    : interrupter_(interrupter), limits_(limits), state_(amqp_new_connection()) {
  if (!state_) throw std::bad_alloc();
}

amqp_connection::~amqp_connection() {
  interrupter_.release();
  amqp_destroy_connection(state_);  // closes the socket without the closing handshake
}

bool amqp_connection::open(const connection_settings& to, std::size_t attempt) {
  if (!connect(to, attempt)) return false;
  if (!interrupter_.watch(this->socket())) return fail("stopping");
  return log_in(to.address, to.name);
}

// rabbitmq-c would look a name up for as long as the system's resolver pleases.
bool amqp_connection::connect(const connection_settings& to, std::size_t attempt) {
  const broker_address& server = to.address;
  const auto found = async::resolve_blocking(server.host, std::to_string(server.port), deadline_in(limits_.look_up));
  if (!found) return fail("look up the broker: " + found.error().message());
  if (server.is_tls) return connect_with_tls(server, to.ca_file);
  return connect_plain({found->begin(), found->end()}, attempt);
}

// One that takes the connection, and then says nothing, is not the first again.
bool amqp_connection::connect_plain(std::vector<asio::ip::tcp::endpoint> addresses, std::size_t attempt) {
  std::ranges::rotate(addresses, addresses.begin() + static_cast<std::ptrdiff_t>(attempt % addresses.size()));
  amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
  if (!socket) throw std::bad_alloc();
  const timeval patience = to_timeval(limits_.connect);
  int status = AMQP_STATUS_SOCKET_ERROR;
  for (const auto& each : addresses) {
    status = amqp_socket_open_noblock(socket, each.address().to_string().c_str(), each.port(), &patience);
    if (status == AMQP_STATUS_OK) return true;
  }
  return check_status(status, "connect");
}

// By its name, which the library sends to the server too, and so looks up again: it has just been found.
bool amqp_connection::connect_with_tls(const broker_address& to, const std::string& ca_file) {
  amqp_socket_t* const socket = amqp_ssl_socket_new(state_);
  if (!socket) throw std::bad_alloc();
  auto* const tls = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
  if (async::trust(tls, ca_file)) return fail("no CA certificates can be read from " + ca_file);
  // OpenSSL's check of the name, not the library's, which knows no addresses.
  async::expect_in_certificate(SSL_CTX_get0_param(tls), to.host);
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  const timeval patience = to_timeval(limits_.connect + limits_.handshake);
  ERR_clear_error();
  const int status = amqp_socket_open_noblock(socket, to.host.c_str(), to.port, &patience);
  if (status == AMQP_STATUS_OK) return true;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return fail(std::string("connect: ") + amqp_error_string2(status) + (reason ? std::string(": ") + reason : ""));
}

bool amqp_connection::log_in(const broker_address& address, const std::string& name) {
  // Without these the broker keeps to the bare protocol: it would not report that it has run out of memory or disk
  // (connection.blocked), nor that a queue was deleted under its consumer (consumer_cancel_notify).
  std::array capabilities{flag_entry("connection.blocked"), flag_entry("consumer_cancel_notify"),
                          flag_entry("publisher_confirms"), flag_entry("basic.nack"),
                          flag_entry("authentication_failure_close")};
  amqp_table_entry_t capability_table{};
  capability_table.key = amqp_cstring_bytes("capabilities");
  capability_table.value.kind = AMQP_FIELD_KIND_TABLE;
  capability_table.value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  std::array properties{text_entry("product", "ticketd"), text_entry("connection_name", name), capability_table};
  const amqp_table_t property_table{static_cast<int>(properties.size()), properties.data()};

  // Both default to a wait for ever.
  const timeval handshake = to_timeval(limits_.handshake);
  const timeval call = to_timeval(limits_.call);
  if (!check_status(amqp_set_handshake_timeout(state_, &handshake), "set the handshake timeout") ||
      !check_status(amqp_set_rpc_timeout(state_, &call), "set the call timeout"))
    return false;
  return check(amqp_login_with_properties(state_, address.vhost.c_str(), channels_max, limits_.frame_bytes_max,
                                          static_cast<int>(limits_.heartbeat.count()), &property_table,
                                          AMQP_SASL_METHOD_PLAIN, address.user.c_str(), address.password.c_str()),
               "log in");
}

bool amqp_connection::open_channel(amqp_channel_t channel) {
  amqp_channel_open(state_, channel);
  return check(amqp_get_rpc_reply(state_), "open a channel");
}

bool amqp_connection::open_confirmed_channel(amqp_channel_t channel) {
  if (!open_channel(channel)) return false;
  amqp_confirm_select(state_, channel);
  return check(amqp_get_rpc_reply(state_), "ask for confirms");
}

void amqp_connection::close() {
  if (has_failed() || !takes_bytes()) return;
  const timeval patience = to_timeval(limits_.close);
  if (amqp_set_rpc_timeout(state_, &patience) == AMQP_STATUS_OK)
    static_cast<void>(amqp_connection_close(state_, AMQP_REPLY_SUCCESS));
  fail("closed");
}

bool amqp_connection::takes_bytes() const {
  pollfd one{socket(), POLLOUT, 0};
  return ::poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

bool amqp_connection::publish(amqp_channel_t channel, const outgoing_message& message) {
  if (has_failed()) return false;
  auto reason = text_entry("x-ticketd-reason", message.reason);
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.delivery_mode = message.is_kept ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT;
  properties.message_id = bytes_of(message.message_id);
  if (!message.reason.empty()) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {1, &reason};
  }
  const amqp_boolean_t mandatory = message.is_kept ? 1 : 0;
  constexpr amqp_boolean_t immediate = 0;  // RabbitMQ refuses it
  return check_status(amqp_basic_publish(state_, channel, bytes_of(message.exchange), bytes_of(message.routing_key),
                                         mandatory, immediate, &properties, bytes_of(message.body)),
                      "publish");
}

bool amqp_connection::acknowledge(amqp_channel_t channel, std::uint64_t delivery_tag, acknowledging which) {
  const amqp_boolean_t multiple = which == acknowledging::all_up_to_this ? 1 : 0;
  return !has_failed() && check_status(amqp_basic_ack(state_, channel, delivery_tag, multiple), "acknowledge");
}

bool amqp_connection::reject(amqp_channel_t channel, std::uint64_t delivery_tag) {
  constexpr amqp_boolean_t requeue = 0;
  return !has_failed() && check_status(amqp_basic_reject(state_, channel, delivery_tag, requeue), "reject");
}

bool amqp_connection::send(amqp_channel_t channel, amqp_method_number_t method, void* arguments) {
  return !has_failed() && check_status(amqp_send_method(state_, channel, method, arguments), "send");
}

amqp_connection::read_result amqp_connection::read(amqp_frame_t& frame) {
  if (has_failed()) return read_result::failed;
  constexpr timeval now{0, 0};
  const int status = amqp_simple_wait_frame_noblock(state_, &frame, &now);
  if (status == AMQP_STATUS_TIMEOUT) return read_result::nothing;
  if (!check_status(status, "read")) return read_result::failed;
  if (is_close(frame)) {
    fail("closed by the broker: " + describe_close(frame.payload.method));
    return read_result::failed;
  }
  return read_result::frame;
}

void amqp_connection::release(const amqp_frame_t& frame) {
  // The library keeps every frame of a channel until told otherwise: without this the process grows with its traffic.
  amqp_maybe_release_buffers_on_channel(state_, frame.channel);
}

bool amqp_connection::has_input_in_memory() const {
  return amqp_frames_enqueued(state_) != 0 || amqp_data_in_buffer(state_) != 0;
}

bool amqp_connection::check(const amqp_rpc_reply_t& reply, std::string_view doing) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return !has_failed();
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return check_status(reply.library_error, doing);
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      return fail(std::string(doing) + ": " + describe_close(reply.reply));
    case AMQP_RESPONSE_NONE:
      break;
  }
  return fail(std::string(doing) + ": no answer");
}

bool amqp_connection::check_status(int status, std::string_view doing) {
  if (status == AMQP_STATUS_OK) return !has_failed();
  return fail(std::string(doing) + ": " + amqp_error_string2(status));
}

bool amqp_connection::fail(std::string_view why) {
  if (failure_.empty()) failure_ = why;
  return false;
}

int amqp_connection::socket() const noexcept { return amqp_get_sockfd(state_); }

}  // namespace ticketd::messaging
