#include "messaging/consumer_connection.hpp"

#include "messaging/order_codec.hpp"
#include "ticketd/domain/timestamp.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <algorithm>
#include <utility>

namespace ticketd::messaging {

namespace {

constexpr amqp_channel_t delivery_channel = 1;
constexpr amqp_channel_t depth_channel = 2;

bool send(amqp_connection& connection, const delivery_answer& answer) {
  using acknowledging = amqp_connection::acknowledging;
  switch (answer.verdict) {
    case delivery_verdict::acknowledge:
      return connection.acknowledge(delivery_channel, answer.tag, acknowledging::only_this);
    case delivery_verdict::acknowledge_up_to:
      return connection.acknowledge(delivery_channel, answer.tag, acknowledging::all_up_to_this);
    case delivery_verdict::set_aside:
      return connection.reject(delivery_channel, answer.tag);
  }
  return true;
}

}  // namespace

consumer_connection::consumer_connection(const consumer_settings& settings, observability::metrics& metrics,
                                         std::function<void(consumer_notification)> notify)
    : queue_(settings.queue),
      notify_(std::move(notify)),
      collector_({settings.batch_max, settings.prefetch, settings.wait_max}),
      window_({settings.prefetch, settings.bytes_max}),
      depth_(depth_channel, queue_.queue, settings.broker.limits, metrics.queue_depth_orders),
      unknown_versions_(metrics.messages_of_unknown_version) {}

void consumer_connection::ask_for_batch() {
  const std::lock_guard lock(mutex_);
  is_batch_asked_for_ = true;
}

void consumer_connection::acknowledge(acknowledgement acknowledgement) {
  const std::lock_guard lock(mutex_);
  asked_settled_ = std::move(acknowledgement);
}

void consumer_connection::fetch() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_batch_asked_for_, false)) {
    wants_batch_ = true;
    is_batch_out_ = false;
  }
  if (!asked_settled_) return;
  settled_ = std::exchange(asked_settled_, std::nullopt);
  answers_sent_ = 0;
  // Its delivery tags mean nothing, or something else, on another connection.
  if (!is_open_ || settled_->connection != connection_number_) answer_acknowledgement(false);
}

bool consumer_connection::on_open(amqp_connection& connection) {
  deliveries_ = {};
  is_active_ = false;
  // Deliveries start with the last of these.
  if (!depth_.open(connection, std::chrono::steady_clock::now()) || !consume(connection)) return false;
  ++connection_number_;
  is_open_ = true;
  notify_if_changed();
  return true;
}

bool consumer_connection::consume(amqp_connection& connection) {
  if (!connection.open_channel(delivery_channel)) return false;
  constexpr std::uint32_t no_size_limit = 0;
  constexpr amqp_boolean_t per_consumer = 0;
  amqp_basic_qos(connection.native(), delivery_channel, no_size_limit, window_.open(), per_consumer);
  if (!connection.check(amqp_get_rpc_reply(connection.native()), "set the prefetch")) return false;
  constexpr amqp_boolean_t no_local = 0, no_ack = 0, exclusive = 0;
  amqp_basic_consume(connection.native(), delivery_channel, bytes_of(queue_.queue), amqp_empty_bytes, no_local, no_ack,
                     exclusive, amqp_empty_table);
  return connection.check(amqp_get_rpc_reply(connection.native()), "consume");
}

bool consumer_connection::on_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  if (frame.channel == delivery_channel) return on_delivery_frame(connection, frame);
  if (depth_.read(frame)) note_depth();
  return true;
}

void consumer_connection::note_depth() {
  const auto& queue = depth_.last();
  const bool is_all_answered = wants_batch_ && window_.is_empty() && !deliveries_.has_begun() && queue.messages == 0;
  if (is_active_ && is_all_answered) notification_.drained_at = queue.asked_at;
}

bool consumer_connection::on_delivery_frame(amqp_connection& connection, const amqp_frame_t& frame) {
  // The queue was deleted, or its node went away: the next connection declares it again.
  if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD)
    return connection.fail("the broker cancelled the consumer");
  // The header says how large the body will be; without its beginning the rest of the message is passed over.
  if (frame.frame_type == AMQP_FRAME_HEADER && !has_room_for(frame.payload.properties.body_size)) deliveries_ = {};
  is_active_ = true;  // the first delivery tells: the count of a queue's consumers is of those that get any
  if (const auto delivered = deliveries_.add(frame)) collect(delivered->delivery_tag, delivered->body);
  return true;
}

bool consumer_connection::has_room_for(std::uint64_t bytes) {
  return !has_met_unknown_version_ && window_.admit(bytes);
}

// What comes after a message that cannot be read must not be settled before it: it stays unacknowledged, and goes back.
void consumer_connection::collect(std::uint64_t delivery_tag, std::string_view body) {
  auto read = decode_message(body, domain::now());
  if (const auto* unknown = std::get_if<unknown_version>(&read)) return stop_at(*unknown);
  auto& message = std::get<decoded_message>(read);
  depth_.count_message(message.orders.size() + message.malformed.size(), body.size());
  collector_.add(delivery_tag, std::move(message), std::chrono::steady_clock::now());
}

// A newer worker knows what is in it. This one hands out what came before, and then leaves the queue to others.
void consumer_connection::stop_at(const unknown_version& met) {
  has_met_unknown_version_ = true;
  unknown_versions_.Increment();
  observability::log_error("broker.unknown_version",
                           {{"version", met.version},
                            {"consequence", "nothing more is consumed until this worker is replaced by a newer one"}});
}

bool consumer_connection::on_turn(amqp_connection& connection, time_point now) {
  fetch();
  if (!acknowledge_settled(connection) || !depth_.ask(connection, now)) return false;
  if (wants_batch_ && collector_.is_empty()) depth_.hurry(now);  // so that it is known that nothing waits
  if (wants_batch_ && (notification_.batch = collector_.take(now))) {
    notification_.batch->connection = connection_number_;
    wants_batch_ = false;
    is_batch_out_ = true;
  }
  notify_if_changed();
  return true;
}

bool consumer_connection::acknowledge_settled(amqp_connection& connection) {
  if (!settled_) return true;
  for (; answers_sent_ < settled_->answers.size(); ++answers_sent_) {
    if (!connection.takes_bytes()) return true;
    if (!send(connection, settled_->answers[answers_sent_])) return false;
  }
  if (settled_->gives_back) return connection.fail("the dead letters have no queue");  // the next one declares it
  if (settled_->ended_batch != 0) {
    window_.release_up_to(settled_->ended_batch);
    is_batch_out_ = false;
  }
  answer_acknowledgement(true);
  return true;
}

void consumer_connection::answer_acknowledgement(bool is_acknowledged) {
  settled_.reset();
  if (!is_acknowledged) is_batch_out_ = false;
  notification_.is_acknowledged = is_acknowledged;
}

connection_user::time_point consumer_connection::next_turn() const {
  const auto due = collector_.due_at();
  return wants_batch_ && due ? std::min(*due, depth_.next()) : depth_.next();
}

bool consumer_connection::wants_connection() const {
  if (!is_open_) return !is_batch_out_ && !has_met_unknown_version_;
  const bool is_anything_in_hand = is_batch_out_ || !collector_.is_empty();
  return is_anything_in_hand || !(has_met_unknown_version_ || window_.is_outgrown());
}

void consumer_connection::on_down() {
  is_open_ = false;
  collector_.clear();
  if (settled_) answer_acknowledgement(false);
  fetch();
  notify_if_changed();
}

void consumer_connection::notify_if_changed() {
  notification_.is_ready = is_open_ && !has_met_unknown_version_;
  const bool has_changes = notification_.batch || notification_.is_acknowledged || notification_.drained_at ||
                           notification_.is_ready != was_ready_;
  if (!has_changes) return;
  was_ready_ = notification_.is_ready;
  notify_(std::exchange(notification_, {}));
}

}  // namespace ticketd::messaging
