#include "messaging/broker_address.hpp"

#include "messaging/amqp_library.hpp"

#include <stdexcept>

namespace ticketd::messaging {

broker_address parse_broker_url(const std::string& url) {
  std::string text = url;  // parsed in place: what comes back points into it
  amqp_connection_info info{};
  if (amqp_parse_url(text.data(), &info) != AMQP_STATUS_OK)
    throw std::invalid_argument("the AMQP URL is not of the form amqp://user:password@host:port/vhost");
  broker_address address{info.ssl != 0, info.host, info.port, info.user, info.password, info.vhost};
  // "amqp://host/" strictly names the virtual host "" (RabbitMQ's URI specification). There is never such a one,
  // and everybody who writes it means the default.
  if (address.vhost.empty()) address.vhost.push_back('/');
  return address;
}

}  // namespace ticketd::messaging
