#include "messaging/delivery_collector.hpp"

#include <iterator>
#include <utility>

namespace ticketd::messaging {

namespace {

// A malformed order takes its place in a batch, too: a flood of them must not make one without a bound.
std::size_t size_of(const decoded_message& message) { return message.orders.size() + message.malformed.size(); }

void append(order_batch& batch, decoded_message&& message) {
  std::move(message.orders.begin(), message.orders.end(), std::back_inserter(batch.orders));
  std::move(message.malformed.begin(), message.malformed.end(), std::back_inserter(batch.malformed));
}

}  // namespace

void delivery_collector::add(std::uint64_t delivery_tag, decoded_message message, time_point now) {
  orders_ += size_of(message);
  waiting_.push_back({delivery_tag, now, std::move(message)});
}

std::optional<order_batch> delivery_collector::take(time_point now) {
  const auto due = due_at();
  if (!due || now < *due) return std::nullopt;
  order_batch batch;
  std::size_t size = 0;
  while (!waiting_.empty()) {
    const auto more = size_of(waiting_.front().message);
    if (size > 0 && size + more > settings_.batch_max) break;
    size += more;
    auto& [tag, arrived_at, message] = waiting_.front();
    batch.deliveries.push_back({tag, message.orders.size(), message.malformed.size()});
    batch.last_delivery = tag;
    append(batch, std::move(message));
    waiting_.pop_front();
  }
  orders_ -= size;
  return batch;
}

std::optional<delivery_collector::time_point> delivery_collector::due_at() const {
  if (waiting_.empty()) return std::nullopt;
  const auto first = waiting_.front().arrived_at;
  const bool is_full = orders_ >= settings_.batch_max || waiting_.size() >= settings_.messages_max;
  return is_full ? first : first + settings_.wait_max;
}

void delivery_collector::clear() {
  waiting_.clear();
  orders_ = 0;
}

}  // namespace ticketd::messaging
