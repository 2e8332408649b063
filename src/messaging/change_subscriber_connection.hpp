// Change notices on the connection's thread: hears them by a queue of the connection's own, which goes with it.
//
// Thread: the connection's.
#pragma once

#include "messaging/connection_thread.hpp"
#include "messaging/content_assembler.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/messaging/change_notices.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::messaging {

// What the connection's thread reports to the Asio thread.
struct changes_notification {
  std::vector<domain::order_id> changed;
  bool is_listening = false;
};

class change_subscriber_connection final : public connection_user {
 public:
  // `notify` is called on the connection's thread.
  change_subscriber_connection(const change_settings& settings, std::function<void(changes_notification)> notify)
      : exchange_(settings.queue.changes_exchange),
        queue_length_max_(settings.queue_length_max),
        notify_(std::move(notify)) {}

  bool on_open(amqp_connection& connection) override;
  bool on_frame(amqp_connection& connection, const amqp_frame_t& frame) override;
  bool on_turn(amqp_connection& connection, time_point now) override;
  bool wants_to_write() const override { return false; }
  time_point next_turn() const override { return time_point::max(); }
  void on_down() override;

 private:
  void notify_if_changed();

  std::string exchange_;
  std::int64_t queue_length_max_;
  std::function<void(changes_notification)> notify_;
  content_assembler deliveries_;
  changes_notification heard_;
  bool was_listening_ = false;
};

}  // namespace ticketd::messaging
