// What the server listens on: a port, a path beside it, IPv6.
#include "support/catch2.hpp"
#include "support/echo_server.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace ticketd;
namespace beast = boost::beast;
using test::echo;
using test::get;
using test::quick;
using test::raw_client;
using test::running_server;
using test::temporary_directory;

}  // namespace

TEST_CASE("http server: a busy port fails at once") {
  running_server server(quick(), echo);
  asio::io_context context;
  auto settings = quick();
  settings.port = server.port();
  CHECK_THROWS_AS(http::make_server(context.get_executor(), settings, echo), boost::system::system_error);
}

TEST_CASE("http server: a path beside the port") {
  const temporary_directory home;
  auto settings = quick();
  settings.local_path = home.path() / "http.sock";
  using local = asio::local::stream_protocol;
  asio::io_context context;
  SECTION("answers as the port does") {
    running_server server(settings, echo);
    local::socket client(context);
    client.connect(settings.local_path);
    asio::write(client, asio::buffer(std::string("GET /a HTTP/1.1\r\nHost: here\r\n\r\n")));
    beast::flat_buffer buffer;
    beast::http::response<beast::http::string_body> answer;
    beast::http::read(client, buffer, answer);
    CHECK(answer.body() == "/a ");
    raw_client by_port(server.port());
    by_port.send(get("/b"));
    CHECK(by_port.read_response().body() == "/b ");
    CHECK(server.open_connections() == 2);
    client.close();
    CHECK(server.waits_for_connections(1));
    CHECK(server.drain(5s).wait_for(10s) == std::future_status::ready);
    CHECK_THROWS_AS(local::socket(context).connect(settings.local_path), boost::system::system_error);
  }
  SECTION("whose last owner was killed is taken over") {
    {
      const local::acceptor killed(context, settings.local_path);
    }
    running_server server(settings, echo);
    CHECK_NOTHROW(local::socket(context).connect(settings.local_path));
  }
  SECTION("that another listens on fails at once, and stays his") {
    running_server server(settings, echo);
    CHECK_THROWS_AS(http::make_server(context.get_executor(), settings, echo), boost::system::system_error);
    CHECK_NOTHROW(local::socket(context).connect(settings.local_path));
  }
  SECTION("that is no socket is left alone") {
    std::ofstream(settings.local_path) << "mine";
    CHECK_THROWS_WITH(http::make_server(context.get_executor(), settings, echo),
                      Catch::Contains("cannot listen on " + settings.local_path));
    CHECK(std::filesystem::is_regular_file(settings.local_path));
  }
}

TEST_CASE("http server: IPv6 works as IPv4 does") {
  asio::io_context context;
  asio::ip::tcp::acceptor probe(context, asio::ip::tcp::v6());
  boost::system::error_code has_no_ipv6;
  probe.bind({asio::ip::address_v6::loopback(), 0}, has_no_ipv6);
  if (has_no_ipv6) {
    WARN("this machine has no IPv6 loopback address (a container may have none): not tested");
    return;
  }
  auto settings = quick();
  settings.address = "::1";
  running_server on_ipv6(settings, echo);
  raw_client client(on_ipv6.port(), "::1");
  client.send(get("/a"));
  CHECK(client.read_response().body() == "/a ");
}
