// The broker's user: all that ticketd declares is its own, and nothing else is.
#include "messaging/amqp_connection.hpp"
#include "support/catch2.hpp"
#include "support/raw_broker.hpp"
#include "support/servers.hpp"

#include <string>

using namespace ticketd;
using namespace ticketd::test;

namespace {

// On a connection of its own: a refusal ends it.
std::string refusal_of_queue(const std::string& url, const std::string& name) {
  messaging::connection_interrupter interrupter;
  messaging::amqp_connection connection(interrupter, {});
  if (connection.open({messaging::parse_broker_url(url), "", "test"}) && connection.open_channel(1)) {
    amqp_queue_declare(connection.native(), 1, messaging::bytes_of(name), 0, 0, 0, 1, amqp_empty_table);
    if (connection.check(amqp_get_rpc_reply(connection.native()), "declare")) return "";
  }
  return connection.failure();
}

}  // namespace

TEST_CASE("The broker's user declares what is ticketd's, and nothing else", "[messaging][privileges]") {
  const std::string url = required_variable("TICKETD_TEST_AMQP_URL");
  CHECK(refusal_of_queue(url, "ticketd.test") == "");
  CHECK(refusal_of_queue(url, "elsewhere").find("ACCESS_REFUSED") != std::string::npos);
  CHECK(refusal_of_queue(url, "ticketdx").find("ACCESS_REFUSED") != std::string::npos);
  const std::string default_host = url.substr(0, url.rfind('/')) + "/%2f";
  CHECK(refusal_of_queue(default_host, "ticketd.test") != "");
}
