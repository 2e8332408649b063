// Where the broker is, and how long each step of a connection to it may take: the same for whoever publishes and for
// whoever consumes.
//
// Values. Thread: any.
#pragma once

#include "ticketd/async/backoff.hpp"

#include <chrono>
#include <string>

namespace ticketd::messaging {

// Every wait is the connection's own thread's: buyers and batches have their own deadlines.
struct connection_limits {
  std::chrono::seconds heartbeat{10};  // a dead broker is noticed after two. Shorter: a busy one is taken for dead
  // Of each step that opens a connection. Longer: a broker that hangs is tried less often; shorter: one that is slow is
  // never reached.
  std::chrono::milliseconds look_up{2000};    // of its name
  std::chrono::milliseconds connect{2000};    // to each of its addresses
  std::chrono::milliseconds handshake{3000};  // from there to being logged in
  // Of a call that is waited for. Declaring a quorum queue elects a leader and writes to disk.
  std::chrono::milliseconds call{5000};
  std::chrono::milliseconds close{300};  // of the closing handshake. Longer: a process ends later
  // After it a thread that is held in a send, by a peer that does not read, is cut off. Longer: a process ends later.
  std::chrono::milliseconds stop{1000};
  // Before another attempt. Longer: a broker that came back is noticed later; shorter: more attempts while it is away.
  async::backoff_settings reconnect{.first = std::chrono::milliseconds(50), .most = std::chrono::milliseconds(2000)};
  // A connection that lasted for so long was a good one: the next loss starts with the shortest pause again.
  std::chrono::seconds good_after{10};
  // How often the queue is asked how deep it is, which is how old the backlog may be that purchases are judged by; and
  // how soon, where the worker has nothing to do. Longer: it is known later; shorter: calls for the broker.
  std::chrono::milliseconds depth_every{1000};
  std::chrono::milliseconds depth_soon{50};
  // How often a topology is declared anew whose messages come back. Shorter: more calls while it does not help.
  std::chrono::milliseconds repair_every{1000};
  // Frames that are read before anything is written. More: a flood of deliveries keeps acknowledgements waiting.
  int frames_of_a_turn = 1000;
  // RabbitMQ's own default: a message of a hundred orders fits in one frame. More: memory of each connection.
  int frame_bytes_max = 131'072;
};

struct broker_settings {
  std::string url;        // amqp://user:password@host:port/vhost, amqps:// with TLS
  std::string ca_file{};  // who vouches for a broker with TLS: PEM. Empty: whom the system trusts
  std::string instance;   // the connections' name at the broker
  connection_limits limits{};
};

}  // namespace ticketd::messaging
