#include "messaging/publisher_connection.hpp"

#include "messaging/topology.hpp"
#include "ticketd/observability/log.hpp"

#include <iterator>
#include <utility>

namespace ticketd::messaging {

namespace {

constexpr amqp_channel_t publish_channel = 1;
constexpr amqp_channel_t depth_channel = 2;

}  // namespace

publisher_connection::publisher_connection(const publisher_settings& settings, prometheus::Gauge& queue_depth,
                                           std::function<void(publisher_notification)> notify)
    : queue_(settings.queue),
      repair_every_(settings.broker.limits.repair_every),
      notify_(std::move(notify)),
      channel_(publish_channel),
      depth_(depth_channel, queue_.queue, settings.broker.limits, queue_depth) {}

bool publisher_connection::send(outgoing_batch batch) {
  const std::lock_guard lock(mutex_);
  inbox_.push_back(std::move(batch));
  return inbox_.size() == 1;
}

void publisher_connection::fetch() {
  const std::lock_guard lock(mutex_);
  std::move(inbox_.begin(), inbox_.end(), std::back_inserter(outbox_));
  inbox_.clear();
}

bool publisher_connection::on_open(amqp_connection& connection) {
  is_binding_lost_ = false;
  is_blocked_ = false;
  if (!channel_.open(connection) || !depth_.open(connection, std::chrono::steady_clock::now())) return false;
  is_open_ = true;
  notify_if_changed();
  return true;
}

bool publisher_connection::on_frame(amqp_connection&, const amqp_frame_t& frame) {
  if (const auto backlog = depth_.read(frame)) notification_.backlog = backlog;
  auto answers = channel_.read(frame);
  if (answers.is_return) on_returned();
  settle(std::move(answers.settled));
  if (frame.frame_type == AMQP_FRAME_METHOD) on_method(frame.payload.method);
  return true;
}

void publisher_connection::on_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONNECTION_BLOCKED_METHOD:
      observability::log_warning("broker.blocked");
      is_blocked_ = true;
      return refuse_unsent();
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      observability::log_info("broker.unblocked");
      is_blocked_ = false;
      return;
    default:
      return;
  }
}

void publisher_connection::on_returned() {
  if (!is_binding_lost_) observability::log_error("broker.returned", {{"why", "no queue is bound to the exchange"}});
  is_binding_lost_ = true;
}

bool publisher_connection::on_turn(amqp_connection& connection, time_point now) {
  fetch();
  if (is_blocked_) refuse_unsent();
  while (!outbox_.empty() && connection.takes_bytes())
    if (!publish_front(connection)) return false;
  const bool is_alive = repair_topology(connection, now) && depth_.ask(connection, now);
  notify_if_changed();
  return is_alive;
}

bool publisher_connection::publish_front(amqp_connection& connection) {
  const auto batch = std::move(outbox_.front());
  outbox_.pop_front();
  depth_.count_message(batch.orders, batch.body.size());
  return channel_.publish(connection, batch.number, {queue_.exchange, queue_.routing_key, {}, batch.body, {}});
}

bool publisher_connection::repair_topology(amqp_connection& connection, time_point now) {
  if (!is_binding_lost_ || is_blocked_ || now < next_repair_) return true;
  is_binding_lost_ = false;
  next_repair_ = now + repair_every_;
  return declare_topology(connection, publish_channel, queue_);
}

void publisher_connection::on_down() {
  is_open_ = false;
  settle(channel_.lose_connection());
  fetch();
  refuse_unsent();
  notify_if_changed();
}

void publisher_connection::refuse_unsent() {
  for (const auto& batch : outbox_) notification_.settled.push_back({batch.number, delivery_outcome::not_taken});
  outbox_.clear();
}

void publisher_connection::settle(std::vector<settled_message> settled) {
  notification_.settled.insert(notification_.settled.end(), settled.begin(), settled.end());
}

void publisher_connection::notify_if_changed() {
  notification_.is_ready = is_open_ && !is_blocked_;
  const bool has_changes = !notification_.settled.empty() || notification_.backlog;
  if (!has_changes && notification_.is_ready == was_ready_) return;
  was_ready_ = notification_.is_ready;
  notify_(std::exchange(notification_, {}));
}

}  // namespace ticketd::messaging
