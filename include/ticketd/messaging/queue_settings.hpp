// The queue of orders, as publisher and consumer must see it alike: where messages go, where they wait, where dead
// letters go, and the bounds.
//
// Whoever connects declares all of it. The broker refuses to declare a queue that stands with other bounds (406
// PRECONDITION_FAILED), so a changed bound needs another queue's name, or an empty broker.
//
// Values. Thread: any.
#pragma once

#include <cstdint>
#include <string>

namespace ticketd::messaging {

struct queue_settings {
  std::string exchange = "ticketd.orders";
  std::string queue = "ticketd.orders";
  std::string dead_exchange = "ticketd.dead";
  std::string dead_queue = "ticketd.orders.dead";
  std::string changes_exchange = "ticketd.changes";  // what workers tell replicas: it keeps nothing
  std::string routing_key = "orders";                // to the queue, and from the dead letters' exchange to theirs

  // Messages that the queue holds before it refuses more. More: disk, and hours of backlog.
  std::int64_t length_max = 2'000'000;
  // A message whose consumer died this often is taken for the reason: it moves aside, so that the others go on. Every
  // death counts for all that were on their way to that consumer, so a worker that dies again and again for another
  // reason must not use it up within minutes. More: a message that kills workers does so for longer.
  std::int64_t delivery_limit = 200;
};

}  // namespace ticketd::messaging
