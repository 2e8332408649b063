#include "messaging/broker_address.hpp"

#include "support/catch2.hpp"

#include <stdexcept>
#include <string>

using ticketd::messaging::parse_broker_url;

TEST_CASE("a broker's URL is taken apart", "[messaging]") {
  const auto address = parse_broker_url("amqp://ada:s%40fe@broker.example:45672/sale");
  CHECK(address.host == "broker.example");
  CHECK(address.port == 45672);
  CHECK(address.user == "ada");
  CHECK(address.password == "s@fe");
  CHECK(address.vhost == "sale");
  CHECK_FALSE(address.is_tls);
}

TEST_CASE("a broker's URL may ask for TLS", "[messaging]") {
  const auto address = parse_broker_url("amqps://ada:safe@broker.example/sale");
  CHECK(address.is_tls);
  CHECK(address.host == "broker.example");
  CHECK(address.port == 5671);
}

TEST_CASE("no virtual host is the default one", "[messaging]") {
  CHECK(parse_broker_url("amqp://broker").vhost == "/");
  CHECK(parse_broker_url("amqp://broker:5672/").vhost == "/");
  CHECK(parse_broker_url("amqp://broker/%2f").vhost == "/");
}

TEST_CASE("a bad URL is refused without being repeated", "[messaging]") {
  for (const std::string url : {"", "http://u:secret@broker", "amqp://u:secret@broker:port"}) {
    try {
      static_cast<void>(parse_broker_url(url));
      FAIL("accepted " << url);
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
}
