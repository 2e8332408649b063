// deploy/nginx.conf, held against the endpoint table: limits, times and headers that must agree.
#include "api/endpoints.hpp"
#include "api/headers.hpp"
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/patterns.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/http/server.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

using namespace ticketd;
using namespace ticketd::roles::api;
using namespace std::chrono_literals;

namespace {

// deploy/nginx.conf, filled in as for an api of these settings.
std::string nginx_configuration(const std::string& environment) {
  const std::string command = environment + " " + test::checkout() + "/deploy/nginx-configuration 127.0.0.1:8081";
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char part[4096];
  while (const auto size = std::fread(part, 1, sizeof part, pipe)) text.append(part, size);
  REQUIRE(::pclose(pipe) == 0);
  return text;
}

// The value of a directive, the last one if it stands more than once.
std::string directive(const std::string& configuration, const std::string& name) {
  const auto values = test::pattern("\n *" + name + " ([^;]+);").captures_in(configuration);
  INFO(name);
  REQUIRE_FALSE(values.empty());
  return values.back();
}

std::chrono::milliseconds time_of(const std::string& configuration, const std::string& name) {
  const auto value = directive(configuration, name);
  const auto number = std::stol(value);
  return value.ends_with("ms") ? std::chrono::milliseconds(number) : std::chrono::seconds(number);
}

}  // namespace

TEST_CASE("Nginx reads what the table reads, and keeps connections for less than we do", "[nginx]") {
  const auto nginx = nginx_configuration("");
  const auto body_max = "\n  client_max_body_size " + std::to_string(largest_body() / 1024) + "k;";
  CHECK(nginx.find(body_max) != std::string::npos);  // of all but the documents that Nginx answers itself
  const http::server_settings ours;
  CHECK(directive(nginx, "large_client_header_buffers") == "4 " + std::to_string(ours.header_max / 1024) + "k");
  CHECK(time_of(nginx, "client_header_timeout") == ours.request);
  CHECK(time_of(nginx, "client_body_timeout") == ours.request);
  const auto upstream = nginx.find("upstream ticketd_api {");
  CHECK(time_of(nginx.substr(upstream, nginx.find("\n  }", upstream) - upstream), "keepalive_timeout") < ours.idle);
}

TEST_CASE("what Nginx says of methods, sizes and times is what the table has", "[nginx]") {
  const auto nginx = nginx_configuration("");
  std::set<std::string> methods{"HEAD", "OPTIONS"};
  for (const auto& row : endpoints()) {
    methods.emplace(std::string_view(boost::beast::http::to_string(row.method)));
    CHECK(row.pattern.starts_with("/api/"));
  }
  CHECK(directive(nginx, "add_header Allow") == '"' + boost::join(methods, ", ") + "\" always");
  const auto detail = [&](int status) {
    const auto found = test::pattern("return " + std::to_string(status) + " '([^']+)'").first_in(nginx);
    REQUIRE(found);
    return std::string(boost::json::parse(found->at(1)).at("detail").as_string());
  };
  CHECK(detail(404) == "The pages are / and /organise; the API is below /api/.");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(http::server_settings().request).count();
  CHECK(detail(408) == fmt::format("A request has {} seconds to arrive.", seconds));
  CHECK(detail(413) == fmt::format("A request body may have at most {} KiB.", largest_body() / 1024));
}

TEST_CASE("Nginx waits for longer than any answer may take", "[nginx]") {
  constexpr std::chrono::milliseconds margin = 1s;  // to spread a definition, and to be answered at all
  const auto budgets = time_budgets_of(config::settings{});
  const auto async_nginx = nginx_configuration("TICKETD_PURCHASE=async");
  for (const auto& row : endpoints()) CHECK(time_of(async_nginx, "proxy_read_timeout") >= budgets.*row.budget + margin);
  CHECK(directive(async_nginx, "proxy_next_upstream").find("http_502") != std::string::npos);
  CHECK(directive(async_nginx, "proxy_set_header " + std::string(headers::key_of_nginx)) ==
        "$idempotency_key_of_nginx");
  CHECK(directive(async_nginx, "proxy_set_header " + std::string(headers::request_start)) == "\"t=$taken_at\"");
  CHECK(time_of(nginx_configuration("TICKETD_PUBLISH_TIMEOUT_MS=30000"), "proxy_read_timeout") >= 30s + margin);

  for (const auto charge_timeout : {1000ms, 10'000ms, 60'000ms}) {
    config::settings sync;
    sync.purchase = config::purchase_mode::sync;
    sync.charge_timeout = charge_timeout;
    const auto sync_nginx = nginx_configuration("TICKETD_PURCHASE=sync TICKETD_CHARGE_TIMEOUT_MS=" +
                                                std::to_string(charge_timeout.count()));
    CHECK(time_of(sync_nginx, "proxy_read_timeout") >= time_budgets_of(sync).purchase + margin);
  }
}

TEST_CASE("Nginx waits for what is told to who watches, and holds nothing of it back", "[nginx]") {
  constexpr std::chrono::milliseconds margin = 1s;
  const auto nginx = nginx_configuration("");
  const auto begin = nginx.find("location = /api/.watched {");
  REQUIRE(begin != std::string::npos);
  const auto location = nginx.substr(begin, nginx.find('}', begin) - begin);
  const auto budgets = time_budgets_of(config::settings{});
  CHECK(time_of(location, "proxy_read_timeout") > budgets.find + budgets.wait_for_change + margin);
  CHECK(time_of(location, "proxy_read_timeout") > 2 * http::event_stream_settings{}.heartbeat);
  CHECK(directive(location, "proxy_buffering") == "off");
  CHECK(directive(location, "proxy_pass") == "http://ticketd_watched$request_uri");
  CHECK(directive(location, "limit_conn") == "buyers_watching 100");
}

TEST_CASE("Nginx that stops, or hands over, cuts no answer off", "[nginx]") {
  for (const std::string purchase : {"async", "sync"}) {
    const auto nginx = nginx_configuration("TICKETD_PURCHASE=" + purchase);
    CHECK(time_of(nginx, "worker_shutdown_timeout") >=
          time_of(nginx, "proxy_next_upstream_timeout") + time_of(nginx, "proxy_read_timeout"));
  }
}
