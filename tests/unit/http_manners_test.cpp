// What may come over a socket, each with what is answered, and whether the connection goes on: by what the public lists
// are about (h1spec, the smuggling papers). Where a message's end is in doubt, nothing more is read from the
// connection.
#include "support/catch2.hpp"
#include "support/echo_server.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <string>
#include <vector>

namespace {

using namespace ticketd;
using test::echo;
using test::raw_client;
using test::running_server;

struct exchange {
  std::string sent;
  unsigned status;
};

// Nothing behind it may be taken for another request.
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n";

void check_refused(const std::vector<exchange>& cases) {
  running_server server({}, echo);
  for (const auto& [sent, status] : cases) {
    CAPTURE(sent);
    raw_client client(server.port());
    client.send(sent + smuggled);
    const auto answer = client.read_response();
    CHECK(answer.result_int() == status);
    CHECK_FALSE(answer.keep_alive());
    CHECK(client.read_to_end().empty());
  }
}

void check_answered(const std::vector<std::string>& requests) {
  running_server server({}, echo);
  for (const auto& sent : requests) {
    CAPTURE(sent);
    raw_client client(server.port());
    client.send(sent + "GET /next HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_response().result_int() == 200);
    CHECK(client.read_response().body() == "/next ");
  }
}

std::string get_with(const std::string& fields) { return "GET /a HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n"; }
std::string post_with(const std::string& fields, const std::string& body) {
  return "POST /a HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n" + body;
}

}  // namespace

TEST_CASE("http manners: request lines that are none") {
  check_refused({{"GET\r\n\r\n", 400},
                 {"GET /a\r\n\r\n", 400},
                 {"GET  /a HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a  HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {" GET /a HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/1.1 \r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\rHost: t\r\n\r\n", 400},
                 {"GET\t/a HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a\x01 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/1.1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/9.9\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTP/0.9\r\nHost: t\r\n\r\n", 400},
                 {"GET /a http/1.1\r\nHost: t\r\n\r\n", 400},
                 {"GET /a HTTPS/1.1\r\nHost: t\r\n\r\n", 400},
                 {"G(T /a HTTP/1.1\r\nHost: t\r\n\r\n", 400},
                 {"{\"a\": 1}\r\n\r\n", 400}});
}

TEST_CASE("http manners: one Host, and one that could be a host") {
  check_refused({{"GET /a HTTP/1.1\r\n\r\n", 400},
                 {get_with("Host: t\r\n"), 400},
                 {get_with("host: u\r\n"), 400},
                 {"GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\r\nHost: user@a\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\r\nHost : t\r\n\r\n", 400},
                 {"GET http://a@b/a HTTP/1.1\r\n\r\n", 400}});
  check_answered({"GET /a HTTP/1.1\r\nhOsT: t\r\n\r\n", "GET /a HTTP/1.1\r\nHost:t:8080\r\n\r\n",
                  "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /a HTTP/1.1\r\nHost:\r\n\r\n",
                  "GET http://other/a HTTP/1.1\r\nHost: t\r\n\r\n"});
}

TEST_CASE("http manners: header fields that are none") {
  check_refused({{get_with("X : y\r\n"), 400},
                 {get_with("X\t: y\r\n"), 400},
                 {get_with("X y: z\r\n"), 400},
                 {get_with("X(): y\r\n"), 400},
                 {get_with("X[]: y\r\n"), 400},
                 {get_with(": y\r\n"), 400},
                 {get_with("X\r\n"), 400},
                 {get_with(" X: y\r\n"), 400},
                 {get_with("X: y\r\n continued\r\n"), 400},
                 {get_with("X: y\r\n\tcontinued\r\n"), 400},
                 {get_with("X: y\r\n \r\n"), 400},
                 {get_with("X: a\rb\r\n"), 400},
                 {get_with("X: a\nY: b\r\n"), 400},
                 {get_with("X: y\r\r\n"), 400},
                 {get_with(std::string("X: a\0b\r\n", 8)), 400},
                 {get_with("X: a\x01\r\n"), 400},
                 {get_with("X: a\x7f\r\n"), 400},
                 {get_with("\xc3\xa9: y\r\n"), 400},
                 {"GET /a HTTP/1.1\r\n Host: t\r\n\r\n", 400},
                 {"GET /a HTTP/1.1\nHost: t\n\n", 400}});
  check_answered({get_with("X:\r\n"), get_with("X:y\r\n"), get_with("X: \t y \t \r\n"), get_with("X: a\tb\r\n"),
                  get_with("X: \xc3\xa9\r\n"), get_with("x-!#$%&'*+.^_`|~9: y\r\n"), "\r\n" + get_with("")});
}

TEST_CASE("http manners: a folded line is seen, wherever the bytes are cut") {
  running_server server({}, echo);
  const std::string sent = get_with("X: y\r\n continued\r\n");
  for (std::size_t cut = sent.find("X: y"); cut < sent.size(); ++cut) {
    CAPTURE(cut);
    raw_client client(server.port());
    client.send(sent.substr(0, cut));
    REQUIRE(server.waits_for_connections(1));  // it has come, and is most likely read
    client.send(sent.substr(cut));
    CHECK(client.read_response().result_int() == 400);
    client.close();
    REQUIRE(server.waits_for_connections(0));
  }
}

TEST_CASE("http manners: where a body's end is in doubt") {
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  check_refused({{post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: chunked\r\nContent-Length: 15\r\n", chunks), 400},
                 {post_with("transfer-encoding: Chunked\r\ncontent-length: 15\r\n", chunks), 400},
                 {post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
                 {post_with("Content-Length: 5, 6\r\n", "hello"), 400},
                 {post_with("Content-Length: +5\r\n", "hello"), 400},
                 {post_with("Content-Length: -5\r\n", "hello"), 400},
                 {post_with("Content-Length: 0x5\r\n", "hello"), 400},
                 {post_with("Content-Length: 5 5\r\n", "hello"), 400},
                 {post_with("Content-Length: five\r\n", "hello"), 400},
                 {post_with("Content-Length: 5.0\r\n", "hello"), 400},
                 {post_with("Content-Length:\r\n", "hello"), 400},
                 {post_with("Content-Length: 99999999999999999999999\r\n", "hello"), 400},
                 {post_with("Content-Length: 18446744073709551621\r\n", "hello"), 400},
                 {post_with("Transfer-Encoding: identity\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: gzip\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: gzip, chunked\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: chunked, gzip\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: chunked, chunked\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: xchunked\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: \"chunked\"\r\n", chunks), 400},
                 {post_with("Transfer-Encoding:\r\n", chunks), 400},
                 {post_with("Transfer-Encoding: \x0b"
                            "chunked\r\n",
                            chunks),
                  400},
                 {post_with("Transfer-Encoding : chunked\r\n", chunks), 400},
                 {"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 400}});
  check_answered({post_with("Content-Length: 5\r\n", "hello"), post_with("Content-Length: 0\r\n", ""),
                  post_with("", ""), post_with("Transfer-Encoding: chunked\r\n", chunks),
                  post_with("transfer-encoding: CHUNKED\r\n", chunks)});
}

TEST_CASE("http manners: chunks that are none") {
  const auto chunked = [](const std::string& body) { return post_with("Transfer-Encoding: chunked\r\n", body); };
  check_refused({{chunked("x\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("5\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("5\r\nhelloX\r\n0\r\n\r\n"), 400},
                 {chunked("5\r\nhello0\r\n\r\n"), 400},
                 {chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
                 {chunked("5\r\nhello\r\n0\r\nX : y\r\n\r\n"), 400},
                 {chunked("5\r\nhello\r\n0\r\nX: a\n\r\n"), 400}});
  check_answered({chunked("5\r\nhello\r\n0\r\n\r\n"), chunked("00005\r\nhello\r\n000\r\n\r\n"),
                  chunked("5;name=value;other\r\nhello\r\n0;last\r\n\r\n"),
                  chunked("5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"), chunked("A\r\nhellohello\r\n0\r\n\r\n"),
                  chunked("a\r\nhellohello\r\n0\r\n\r\n"), chunked("5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"),
                  chunked("0\r\n\r\n")});
}

TEST_CASE("http manners: headers that are many, or long") {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "X: y\r\n";
  std::string few;
  for (int i = 0; i < 200; ++i) few += "X: y\r\n";
  check_refused({{get_with(many), 431},
                 {get_with("X: " + std::string(9000, 'y') + "\r\n"), 431},
                 {get_with(std::string(9000, 'x') + ": y\r\n"), 431},
                 {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n", 414}});
  check_answered({get_with(few), get_with("X: " + std::string(7000, 'y') + "\r\n"),
                  "GET /" + std::string(7000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n"});
}
