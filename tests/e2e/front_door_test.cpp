// Nginx towards the world: proxies before it, TLS, and more buyers than there is room for.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/eventually.hpp"
#include "support/raw_client.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

using arguments = std::vector<std::string>;

const std::string events = "/api/v1/events";

// The test is the proxy as 127.0.0.1, and a stranger as ::1. What goes beyond the burst is refused.
constexpr int burst = 40;
constexpr int under_way_max = 3;
const environment behind_a_proxy{{"TICKETD_RATE_LIMIT_EXEMPT", "off"},
                                 {"TICKETD_RATE_LIMIT", "1"},
                                 {"TICKETD_RATE_LIMIT_BURST", std::to_string(burst)},
                                 {"TICKETD_CONNECTION_LIMIT", std::to_string(under_way_max)},
                                 {"TICKETD_TRUSTED_PROXIES", "127.0.0.1, 192.0.2.0/24"}};

std::string stranger_url(const laboratory& lab) { return fmt::format("http://[::1]:{}", lab.port("nginx")); }

call forwarded(const std::string& chain) { return {http::verb::get, events, "", {{"X-Forwarded-For", chain}}}; }

// `format` with 1, 2 ... in it, each of which sends one request.
std::vector<call> forwarded_for_each(const std::string& format, int count) {
  std::vector<call> calls;
  for (int i = 1; i <= count; ++i) calls.push_back(forwarded(fmt::format(fmt::runtime(format), i)));
  return calls;
}

void check_all_served(const std::string& url, std::vector<call> calls) {
  const auto count = static_cast<std::ptrdiff_t>(calls.size());
  INFO(calls.front().headers.front().second);
  const auto answers = send_all({url}, std::move(calls), 1);
  CHECK(count_of(answers, 200) == count);
}

// Twice the burst, of which some may have been refilled meanwhile.
void check_limited_as_one(const std::string& url, std::vector<call> calls) {
  INFO(calls.front().headers.front().second);
  REQUIRE(calls.size() == 2 * burst);
  const auto answers = send_all({url}, std::move(calls), 1);
  CHECK(count_of(answers, 429) >= burst / 2);
  CHECK(count_of(answers, 200) >= burst);
  for (const answer& each : answers) CHECK((each.status() == 200 || each.problem() == "too-many-requests"));
}

}  // namespace

TEST_CASE("A thousand buyers behind one proxy are a thousand, and all of them buy", "[front_door]") {
  const laboratory lab;
  lab.up({}, behind_a_proxy);
  sale concert(lab);
  auto purchases = concert.purchases(1000);
  for (std::size_t i = 0; i < purchases.size(); ++i)
    purchases[i].headers.emplace_back("X-Forwarded-For", fmt::format("198.18.{}.{}", i / 200, 1 + i % 200));
  const auto answers = concert.rush(std::move(purchases), 50, {lab.public_url()});
  CHECK(count_of(answers, 202) == 1000);
  CHECK(concert.settles());
  CHECK(concert.breaches() == "");
}

TEST_CASE("One buyer behind a proxy is limited as one, whatever was forged before it", "[front_door]") {
  const laboratory lab;
  lab.up({}, behind_a_proxy);
  const std::string proxy = lab.public_url();
  check_limited_as_one(proxy, std::vector<call>(2 * burst, forwarded("203.0.113.1")));
  check_limited_as_one(proxy, forwarded_for_each("198.51.100.{}, 203.0.113.2", 2 * burst));
  check_limited_as_one(proxy, forwarded_for_each("203.0.113.3:{}", 2 * burst));        // some proxies name the port
  check_all_served(proxy, forwarded_for_each("198.51.100.{}, 192.0.2.7", 2 * burst));  // through two proxies
  check_all_served(proxy, forwarded_for_each("unknown, 198.19.0.{}, 192.0.2.7, 127.0.0.1", 2 * burst));
}

TEST_CASE("What a stranger says of its address helps nobody", "[front_door]") {
  const laboratory lab;
  lab.up({}, behind_a_proxy);
  check_limited_as_one(stranger_url(lab), forwarded_for_each("198.51.100.{}", 2 * burst));
}

TEST_CASE("In IPv6 a network of 64 bits is one buyer, and an address of IPv4 is one however it is written",
          "[front_door]") {
  const laboratory lab;
  lab.up({}, behind_a_proxy);
  const std::string proxy = lab.public_url();
  check_limited_as_one(proxy, forwarded_for_each("2001:db8:1:1:{}::1", 2 * burst));
  check_all_served(proxy, forwarded_for_each("2001:db8:2:{}::1", 2 * burst));
  check_all_served(proxy, forwarded_for_each("::ffff:198.19.1.{}", 2 * burst));
  auto either = std::vector<call>(burst, forwarded("198.19.1.250"));
  either.resize(2 * burst, forwarded("::ffff:198.19.1.250"));
  check_limited_as_one(proxy, std::move(either));
}

TEST_CASE("One address has only so many requests under way, and its neighbour as many", "[front_door]") {
  const laboratory lab;
  lab.up({}, behind_a_proxy);
  std::vector<std::unique_ptr<raw_client>> slow;
  for (int i = 0; i < under_way_max; ++i) {
    slow.push_back(std::make_unique<raw_client>(lab.port("nginx")));
    slow.back()->send(
        "POST /api/v1/orders HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 2001:db8:3:1::1\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    REQUIRE(slow.back()->read_response().result_int() == 100);  // it is counted
  }
  const auto ask = [&](const std::string& address) { return send(lab.public_url(), forwarded(address)); };
  CHECK(ask("2001:db8:3:1::2").problem() == "too-many-requests");
  CHECK(ask("2001:db8:3:2::1").status() == 200);
  slow.front()->send("{}");
  CHECK(slow.front()->read_response().result_int() == 422);
  CHECK(ask("2001:db8:3:1::2").status() == 200);
}

TEST_CASE("By the PROXY protocol, too, buyers are told apart, and strangers are not believed", "[front_door]") {
  const laboratory lab;
  environment settings = behind_a_proxy;
  settings["TICKETD_PROXY_PROTOCOL"] = "on";
  lab.up({}, settings);
  const auto status_of = [&](const std::string& proxy, const std::string& preamble) {
    raw_client client(lab.port("nginx"), proxy);
    client.send(preamble + "GET " + events + " HTTP/1.1\r\nHost: t\r\n\r\n");
    return client.read_response().result_int();
  };
  const auto served = [&](const std::string& proxy, const std::string& preamble) {
    int count = 0;
    for (int i = 1; i <= 2 * burst; ++i)
      count += status_of(proxy, fmt::format(fmt::runtime(preamble), i)) == 200 ? 1 : 0;
    return count;
  };
  CHECK(served("127.0.0.1", "PROXY TCP4 203.0.113.{} 127.0.0.1 999 80\r\n") == 2 * burst);
  CHECK(served("127.0.0.1", "PROXY TCP6 2001:db8:4:{}::1 ::1 999 80\r\n") == 2 * burst);
  CHECK(served("127.0.0.1", "PROXY TCP4 203.0.113.201 127.0.0.1 {} 80\r\n") <= burst + burst / 2);
  CHECK(served("::1", "PROXY TCP6 2001:db8:5:{}::1 ::1 999 80\r\n") <= burst + burst / 2);
  CHECK_THROWS(status_of("127.0.0.1", ""));
}

namespace {

// What came back to curl, which speaks HTTP/2 and verifies the lab's certificate.
struct curled {
  std::string version;
  int status = 0;
  std::string head;
  std::string body;

  std::string problem() const {
    boost::system::error_code is_no_json;
    const auto document = boost::json::parse(body, is_no_json);
    const std::string urn = "urn:ticketd:problem:";
    if (is_no_json || !document.is_object() || document.at("status") != status) return {};
    return std::string(document.at("type").as_string()).substr(urn.size());
  }
  bool has(const std::string& header) const { return head.find("\r\n" + header) != std::string::npos; }
};

curled curl(const std::string& url, const arguments& more = {}) {
  arguments command{"curl",
                    "-s",
                    "-i",
                    "-m",
                    "20",
                    "-w",
                    "\n%{http_version} %{http_code}",
                    "--cacert",
                    required_variable("TICKETD_LAB_DIR") + "/tls/certificate.pem"};
  command.insert(command.end(), more.begin(), more.end());
  command.push_back(url);
  const auto said = run_program(command);
  const auto end_of_head = said.output.find("\r\n\r\n"), last_line = said.output.rfind('\n');
  INFO(url << " -> " << said.status << ' ' << said.output.substr(0, 1000));
  REQUIRE(said.status == 0);
  REQUIRE(end_of_head < last_line);
  const auto space = said.output.find(' ', last_line);
  return {said.output.substr(last_line + 1, space - last_line - 1), std::stoi(said.output.substr(space)),
          said.output.substr(0, end_of_head + 2), said.output.substr(end_of_head + 4, last_line - end_of_head - 4)};
}

}  // namespace

TEST_CASE("Over TLS and HTTP/2 everything is as it was, with a rule to stay there", "[front_door]") {
  const laboratory lab;
  lab.up({"--tls"});
  const std::string url = lab.public_url();
  REQUIRE(url.starts_with("https://127.0.0.1:"));
  const std::string too_long(9000, 'x'), too_large(17 * 1024, ' '), orders = url + "/api/v1/orders";
  const std::string json = "Content-Type: application/json";
  struct refusal {
    int status;
    std::string problem, url;
    arguments request;
  };
  for (const std::string version : {"--http2", "--http1.1"})
    for (const auto& each :
         {refusal{400, "malformed-request", orders, {"-H", json, "-d", "{"}},
          refusal{404, "not-found", url + "/nothing", {}}, refusal{405, "method-not-allowed", orders, {"-X", "TRACE"}},
          refusal{413, "body-too-large", orders, {"-H", json, "-d", too_large}},
          refusal{414, "uri-too-long", url + "/api/" + too_long, {}},
          refusal{415, "unsupported-media-type", orders, {"-d", "x"}},
          refusal{417, "expectation-failed", url + events, {"-H", "Expect: more"}},
          refusal{422, "validation-failed", orders, {"-H", json, "-d", "{}"}},
          refusal{431, "headers-too-large", url + events, {"-H", "X-Long: " + too_long}}}) {
      arguments request = each.request;
      request.push_back(version);
      const curled said = curl(each.url, request);
      INFO(version << ' ' << each.problem << '\n' << said.head << said.body);
      CHECK(said.version == (version == "--http2" ? "2" : "1.1"));
      CHECK(said.status == each.status);
      CHECK(said.problem() == each.problem);
      const bool is_lower = version == "--http2";
      CHECK(said.has(is_lower ? "strict-transport-security: max-age=300" : "Strict-Transport-Security: max-age=300"));
      CHECK(said.has(is_lower ? "content-type: application/problem+json" : "Content-Type: application/problem+json"));
      CHECK(said.has(is_lower ? "cache-control: no-store" : "Cache-Control: no-store"));
    }
  CHECK(curl(url + events, {"-I"}).has("strict-transport-security: max-age=300"));

  // The demo event's, and one order however often the test is repeated.
  const std::string purchase = R"({"event_id": "tarkan-2027", "category_id": "standing", "quantity": 1,
                                   "buyer": {"name": "Ada Lovelace", "email": "ada@front-door.example"}})";
  const curled bought = curl(orders, {"-H", json, "-H", "Idempotency-Key: over-http-2", "-d", purchase});
  CHECK(bought.version == "2");
  REQUIRE(bought.status == 202);
  const std::string id(boost::json::parse(bought.body).at("id").as_string());
  CHECK(eventually([&] { return curl(orders + "/" + id).body.find("\"confirmed\"") != std::string::npos; }));
}

TEST_CASE("http leads to https, at the address that was asked for, and says no more", "[front_door]") {
  const laboratory lab;
  lab.up({"--tls"});
  const std::string tls_port = lab.public_url().substr(lab.public_url().rfind(':'));
  for (const std::string host : {"127.0.0.1", "[::1]", "localhost"})
    for (const std::string& port : {fmt::format(":{}", lab.port("nginx")), tls_port}) {
      const curled said = curl("http://" + host + port + events + "?limit=1", {"-d", "{}"});
      INFO(host << port << '\n' << said.head);
      CHECK(said.status == 308);
      CHECK(said.has("Location: https://" + host + tls_port + events + "?limit=1\r\n"));
      CHECK(said.has("Cache-Control: no-store"));
      CHECK_FALSE(said.has("Strict-Transport-Security"));
      CHECK(curl("https://" + host + tls_port + events).status == 200);
    }
  CHECK(send(fmt::format("http://127.0.0.1:{}", lab.port("nginx")), get("/.front-door")).status() == 204);
}

TEST_CASE("localhost is 127.0.0.1 and ::1", "[front_door]") {
  const laboratory lab;
  lab.up();
  for (const std::string host : {"127.0.0.1", "[::1]", "localhost"})
    CHECK(send(fmt::format("http://{}:{}", host, lab.port("nginx")), get(events)).status() == 200);
}

TEST_CASE("Beyond its room the front door says 503 to newcomers, and serves who is there", "[front_door]") {
  constexpr int room = 10;
  const laboratory lab;
  lab.up({}, {{"TICKETD_CLIENTS_MAX", std::to_string(room)}});
  const std::string request = "GET " + events + " HTTP/1.1\r\nHost: t\r\n\r\n";
  const auto ask = [&](raw_client& client) {
    client.send(request);
    return client.read_response();
  };
  std::vector<std::unique_ptr<raw_client>> there;
  // Those of `up` may still be on their way out.
  CHECK(eventually([&] {
    there.push_back(std::make_unique<raw_client>(lab.port("nginx")));
    if (ask(*there.back()).result_int() == 200) return there.size() == room;
    there.pop_back();
    return false;
  }));
  for (const std::string& newcomer :
       {request,
        "POST /api/v1/orders HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n" +
            std::string(9000, ' ')}) {
    raw_client one_too_many(lab.port("nginx"));
    one_too_many.send(newcomer);
    const auto said = one_too_many.read_response();
    CHECK(said.result_int() == 503);
    CHECK(said[http::field::retry_after] != "");
    CHECK(said[http::field::connection] == "close");
    CHECK(said.body().find("urn:ticketd:problem:unavailable") != std::string::npos);
    CHECK(one_too_many.read_to_end().empty());  // throws on a reset
  }
  for (const auto& each : there) CHECK(ask(*each).result_int() == 200);
  there.pop_back();
  CHECK(eventually([&] { return send(lab.public_url(), get(events)).status() == 200; }));
}

namespace {

program_result nginx_configuration(const arguments& of, const environment& settings) {
  arguments command{test::checkout() + "/deploy/nginx-configuration"};
  command.insert(command.end(), of.begin(), of.end());
  return run_program(command, settings);
}

int number_after(const std::string& text, const std::string& words) {
  const auto begin = text.find(words);
  REQUIRE(begin != std::string::npos);
  return std::stoi(text.substr(begin + words.size()));
}

}  // namespace

TEST_CASE("A setting of Nginx that makes no sense is one line, and nothing is changed", "[front_door]") {
  const laboratory lab;
  struct nonsense {
    std::string name;
    arguments values;
  };
  for (const auto& each :
       {nonsense{"TICKETD_TRUSTED_PROXIES",
                 {"moon", "10.0.0.256", "10.0.0.1/33", "10.0.0.0/", "10.1", "0.0.0.0/0", "::/0", "::1/129", "1::2::3",
                  "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "unix:", "*", "10.0.0.1; deny all"}},
        nonsense{"TICKETD_PROXY_PROTOCOL", {"yes", "on"}},  // on: without proxies that are trusted
        nonsense{"TICKETD_RATE_LIMIT", {"0", "-1", "1.5", "many", "010"}}, nonsense{"TICKETD_RATE_LIMIT_BURST", {"0"}},
        nonsense{"TICKETD_RATE_LIMIT_EXEMPT", {"1"}}, nonsense{"TICKETD_CONNECTION_LIMIT", {"0", "65536"}},
        nonsense{"TICKETD_WATCH_LIMIT", {"0", "65536"}}, nonsense{"TICKETD_CLIENTS_MAX", {"0", "all"}},
        nonsense{"TICKETD_HSTS_SECONDS", {"-1", "a year"}},
        nonsense{"TICKETD_TLS_CERTIFICATE", {"/etc/hostname"}},  // without a key
        nonsense{"TICKETD_TLS_KEY", {"/etc/hostname"}}})
    for (const auto& value : each.values) {
      const auto refused = nginx_configuration({"--check"}, {{each.name, value}});
      INFO(each.name << '=' << value << " -> " << refused.errors);
      CHECK(refused.status == 2);
      CHECK(refused.output.empty());
      CHECK(std::ranges::count(refused.errors, '\n') == 1);
      CHECK(refused.errors.find(each.name) != std::string::npos);
    }
  for (const std::string good : {"10.0.0.7", "10.0.0.0/8,192.168.1.1", "::1", "2001:db8::/32 fc00::/7",
                                 "1:2:3:4:5:6:7:8", "::1:2:3:4:5:6:7", ""})
    CHECK(nginx_configuration({"--check"}, {{"TICKETD_TRUSTED_PROXIES", good}}).status == 0);

  lab.up();
  // The database's processes come and go by themselves.
  const auto processes = [&] {
    const auto status = lab.status();
    boost::json::array ids;
    for (const auto& service : status.at("services").as_array())
      if (service.at("name") != "db") ids.push_back(service.at("pids"));
    return ids;
  };
  const auto before = processes();
  const std::string no_certificate = test::checkout() + "/README.md";
  for (const environment& settings :
       {environment{{"TICKETD_TRUSTED_PROXIES", "moon"}},
        environment{{"TICKETD_TLS_CERTIFICATE", no_certificate}, {"TICKETD_TLS_KEY", no_certificate}}}) {
    const auto refused = lab.run({"up"}, settings);
    INFO(refused.errors);
    CHECK(refused.status != 0);
    CHECK(refused.errors.find(settings.begin()->second) != std::string::npos);
    CHECK(processes() == before);
  }
}

TEST_CASE("By default private networks are limited, nobody is trusted, and there is room for 100,000", "[front_door]") {
  constexpr int workers = 64;  // whose shares are small enough for any machine's descriptors
  const auto made = nginx_configuration({"127.0.0.1:1", "127.0.0.1:2"}, {{"NGINX_WORKERS", std::to_string(workers)}});
  REQUIRE(made.status == 0);
  for (const std::string network :
       {"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    CHECK(made.output.find("\n    " + network + " 1;") != std::string::npos);
  CHECK(made.output.find("set_real_ip_from") == std::string::npos);
  CHECK(made.output.find("ssl_certificate ") == std::string::npos);
  CHECK(made.output.find("|100001)$\" 1;") != std::string::npos);
  const int connections = number_after(made.output, "worker_connections ");
  CHECK(connections * workers >= 100'000 * 5 / 4 + 20'000);  // unevenly come, and two replicas full
  CHECK(number_after(made.output, "worker_rlimit_nofile ") > connections);

  // Fewer descriptors are said, and are room for fewer.
  const auto few = run_program(
      {"bash", "-c", "ulimit -n 2000; exec " + test::checkout() + "/deploy/nginx-configuration 127.0.0.1:1"},
      {{"NGINX_WORKERS", "2"}});
  REQUIRE(few.status == 0);
  const int room = number_after(few.errors, "room for ");
  CHECK(room > 500);
  CHECK(room * 5 / 4 < 2 * 2000);
  CHECK(few.output.find(fmt::format("|{})$\" 1;", room + 1)) != std::string::npos);
  CHECK(number_after(few.output, "worker_connections ") < 2000);
}
