// What has been published on a confirmed channel, and has not been answered yet.
//
// The broker numbers the messages of a channel from 1 and answers by number (RabbitMQ manual, "Publisher Confirms"):
// one by one or "everything up to", in any order, and before the publisher has even noted what it sent. A message that
// no queue took is returned first and acknowledged after, so an ack alone proves nothing.
//
// A plain class: one thread at a time, no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace ticketd::messaging {

enum class delivery_outcome {
  taken,      // confirmed, and not returned
  not_taken,  // returned by the exchange, or never sent
  refused,    // rejected (basic.nack): the queue is full, or failed over it and may have the message all the same
  unknown,    // the connection ended before an answer
};

struct settled_message {
  std::uint64_t message = 0;  // the publisher's own number
  delivery_outcome outcome = delivery_outcome::unknown;

  friend bool operator==(const settled_message&, const settled_message&) = default;
};

class confirm_window {
 public:
  // Before the message is sent: its confirm may be read while its last frame is still being written.
  void add(std::uint64_t message);

  // Each answers what it settled. Tags that are not in flight are ignored.
  [[nodiscard]] std::vector<settled_message> acknowledge(std::uint64_t delivery_tag, bool multiple);
  [[nodiscard]] std::vector<settled_message> reject(std::uint64_t delivery_tag, bool multiple);
  // The connection has ended: everything is settled, and the next message is number 1 of the next channel.
  [[nodiscard]] std::vector<settled_message> lose_connection();

  // basic.return came for this message; its ack is still to come.
  void mark_returned(std::uint64_t message);

 private:
  struct entry {
    std::uint64_t message = 0;
    bool is_returned = false;
    bool is_answered = false;
  };

  [[nodiscard]] std::vector<settled_message> answer(std::uint64_t delivery_tag, bool multiple,
                                                    delivery_outcome outcome);
  void answer_one(entry& one, delivery_outcome outcome, std::vector<settled_message>& settled);

  std::deque<entry> entries_;  // by delivery tag, from first_tag_ on
  std::uint64_t first_tag_ = 1;
};

}  // namespace ticketd::messaging
