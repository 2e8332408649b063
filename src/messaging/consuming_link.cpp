#include "messaging/consuming_link.hpp"

#include "messaging/order_codec.hpp"
#include "messaging/topology.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::messaging {

namespace {

constexpr amqp_channel_t delivery_channel = 1;
constexpr amqp_channel_t letter_channel = 2;
constexpr amqp_channel_t depth_channel = 3;

}  // namespace

consuming_link::consuming_link(const consumer_settings& settings, prometheus::Gauge& queue_depth,
                               std::function<void(consumer_news)> tell)
    : prefetch_(settings.prefetch),
      tell_(std::move(tell)),
      collector_({settings.batch_max, settings.prefetch, settings.wait_max}),
      depth_(depth_channel, queue_depth) {}

void consuming_link::ask_for_batch() {
  const std::lock_guard lock(mutex_);
  is_batch_asked_for_ = true;
}

void consuming_link::acknowledge(acknowledgement acknowledgement) {
  const std::lock_guard lock(mutex_);
  asked_settled_ = std::move(acknowledgement);
}

void consuming_link::fetch() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_batch_asked_for_, false)) wants_batch_ = true;
  if (!asked_settled_) return;
  settled_ = std::exchange(asked_settled_, std::nullopt);
  letters_sent_ = 0;
  // Its delivery tags mean nothing, or something else, on another connection.
  if (!is_open_ || settled_->connection != connection_number_) answer_acknowledgement(false);
}

bool consuming_link::on_open(amqp_connection& connection) {
  deliveries_ = {};
  returned_letters_ = {};
  // Deliveries start with the last of these.
  if (!connection.open_confirmed_channel(letter_channel) ||
      !depth_.open(connection, std::chrono::steady_clock::now()) || !consume(connection))
    return false;
  ++connection_number_;
  is_open_ = true;
  tell_if_changed();
  return true;
}

bool consuming_link::consume(amqp_connection& connection) {
  if (!connection.open_channel(delivery_channel)) return false;
  constexpr std::uint32_t no_size_limit = 0;
  constexpr amqp_boolean_t per_consumer = 0;
  amqp_basic_qos(connection.native(), delivery_channel, no_size_limit, prefetch_, per_consumer);
  if (!connection.check(amqp_get_rpc_reply(connection.native()), "set the prefetch")) return false;
  constexpr amqp_boolean_t no_local = 0, no_ack = 0, exclusive = 0;
  amqp_basic_consume(connection.native(), delivery_channel, bytes_of(orders_queue), amqp_empty_bytes, no_local, no_ack,
                     exclusive, amqp_empty_table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "consume");
}

bool consuming_link::on_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  switch (frame.channel) {
    case delivery_channel:
      return on_delivery_frame(connection, frame);
    case letter_channel:
      return on_letter_frame(connection, frame);
    default:
      depth_.read(frame);
      return true;
  }
}

bool consuming_link::on_delivery_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  // The queue was deleted, or its node went away: the next connection declares it again.
  if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD)
    return connection.fail("the broker cancelled the consumer");
  const auto delivered = deliveries_.add(frame);
  if (!delivered) return true;
  auto message = decode_message(delivered->body);
  depth_.count_message(message.orders.size() + message.malformed.size());
  collector_.add(delivered->delivery_tag, std::move(message), std::chrono::steady_clock::now());
  return true;
}

bool consuming_link::on_letter_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  if (returned_letters_.add(frame)) return connection.fail("no queue is bound for dead letters");
  if (frame.frame_type != AMQP_FRAME_METHOD) return true;
  if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
    const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
    return are_taken(connection, letter_confirms_.acknowledge(ack->delivery_tag, ack->multiple != 0));
  }
  if (frame.payload.method.id == AMQP_BASIC_NACK_METHOD) {
    const auto* nack = static_cast<const amqp_basic_nack_t*>(frame.payload.method.decoded);
    return are_taken(connection, letter_confirms_.reject(nack->delivery_tag, nack->multiple != 0));
  }
  return true;
}

// A letter that was not taken must not be acknowledged away: the connection ends, and the batch comes again.
bool consuming_link::are_taken(amqp_connection& connection, const std::vector<settled_message>& letters) {
  const auto is_taken = [](const settled_message& letter) { return letter.outcome == delivery_outcome::taken; };
  return std::all_of(letters.begin(), letters.end(), is_taken) ||
         connection.fail("the dead-letter queue refused a letter");
}

bool consuming_link::on_turn(amqp_connection& connection, time_point now) {
  fetch();
  if (!publish_letters(connection) || !acknowledge_if_confirmed(connection) || !depth_.ask(connection, now))
    return false;
  if (wants_batch_ && (news_.batch = collector_.take(now))) {
    news_.batch->connection = connection_number_;
    wants_batch_ = false;
  }
  tell_if_changed();
  return true;
}

bool consuming_link::publish_letters(amqp_connection& connection) {
  while (is_letter_waiting() && connection.takes_bytes()) {
    const auto& letter = settled_->letters[letters_sent_++];
    letter_confirms_.add(letters_sent_);
    if (!connection.publish(letter_channel, {dead_exchange, routing_key, {}, letter.body, letter.reason})) return false;
  }
  return true;
}

bool consuming_link::acknowledge_if_confirmed(amqp_connection& connection) {
  if (!may_acknowledge() || !connection.takes_bytes()) return true;
  if (!connection.acknowledge(delivery_channel, settled_->last_delivery)) return false;
  answer_acknowledgement(true);
  return true;
}

void consuming_link::answer_acknowledgement(bool is_acknowledged) {
  settled_.reset();
  news_.is_acknowledged = is_acknowledged;
}

connection_user::time_point consuming_link::next_turn() const {
  const auto due = collector_.due_at();
  return wants_batch_ && due ? std::min(*due, depth_.next()) : depth_.next();
}

void consuming_link::on_down() {
  is_open_ = false;
  collector_.clear();
  static_cast<void>(letter_confirms_.lose_connection());  // the batch's fate is that of its acknowledgement
  if (settled_) answer_acknowledgement(false);
  fetch();
  tell_if_changed();
}

void consuming_link::tell_if_changed() {
  news_.is_ready = is_open_;
  if (!news_.batch && !news_.is_acknowledged && news_.is_ready == was_ready_) return;
  was_ready_ = news_.is_ready;
  tell_(std::exchange(news_, {}));
}

}  // namespace ticketd::messaging
