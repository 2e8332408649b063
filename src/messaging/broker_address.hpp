// Where the broker is and who we are there, taken out of an amqp:// or amqps:// URL.
//
// Pure. Thread: any.
#pragma once

#include <string>

namespace ticketd::messaging {

struct broker_address {
  bool is_tls = false;
  std::string host;
  int port = 5672;
  std::string user;
  std::string password;
  std::string vhost;
};

// Throws std::invalid_argument for what is no such URL; its text never holds the URL, which holds a password.
[[nodiscard]] broker_address parse_broker_url(const std::string& url);

}  // namespace ticketd::messaging
