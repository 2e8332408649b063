// Problem documents, paths and the router: what of HTTP needs no socket.
#include "http/http_date.hpp"
#include "problems.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/http/problem.hpp"
#include "ticketd/http/router.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <utility>

namespace {

using namespace ticketd;
using http::verb;

class routes {
 public:
  static const http::endpoint<routes> endpoints[4];

 private:
  http::response say(std::string_view what, http::path_parameter id) {
    return http::make_text(http::status::ok, prefix_ + std::string(what) + std::string(id), "text/plain");
  }
  awaitable<http::response> list(const http::request&, http::path_parameter id) { co_return say("list", id); }
  awaitable<http::response> get(const http::request&, http::path_parameter id) { co_return say("get ", id); }
  awaitable<http::response> put(const http::request&, http::path_parameter id) { co_return say("put ", id); }
  awaitable<http::response> stock(const http::request&, http::path_parameter id) { co_return say("stock ", id); }

  std::string prefix_;
};

constexpr http::endpoint<routes> routes::endpoints[] = {
    {verb::get, "/v1/events", &routes::list},
    {verb::get, "/v1/events/{id}", &routes::get},
    {verb::put, "/v1/events/{id}", &routes::put},
    {verb::get, "/v1/events/{id}/stock", &routes::stock},
};

struct outcome {
  std::string pattern;
  http::response answer;
};

outcome ask(verb method, std::string_view target) {
  const http::request request(method, target, 11);
  routes handlers;
  const std::span<const http::endpoint<routes>> table(routes::endpoints);
  asio::io_context context;
  auto answer = test::run_coroutine(context, http::route<routes>(table, handlers, request, roles::problem_of));
  return {std::string(http::find_row(table, request).pattern), std::move(answer)};
}

}  // namespace

TEST_CASE("router: the row that fits answers, and names its pattern") {
  CHECK(ask(verb::get, "/v1/events").answer.body() == "list");
  CHECK(ask(verb::get, "/v1/events/a-1").answer.body() == "get a-1");
  CHECK(ask(verb::put, "/v1/events/a-1").answer.body() == "put a-1");
  const auto stock = ask(verb::get, "/v1/events/a-1/stock?fresh=/1");
  CHECK(stock.answer.body() == "stock a-1");
  CHECK(stock.pattern == "/v1/events/{id}/stock");
}

TEST_CASE("router: the absolute form is understood") {
  CHECK(ask(verb::get, "http://host:80/v1/events/a?x=y").answer.body() == "get a");
  CHECK(ask(verb::get, "http://host").answer.result() == http::status::not_found);
}

TEST_CASE("router: any other spelling of a path is another path") {
  const std::string target = GENERATE(as<std::string>(), "/", "", "*", "//", "/v1", "/v1/events/", "/v1/events//",
                                      "//v1/events", "/v1//events", "/v1/events/%61", "/v1/%65vents", "/v1/events/.",
                                      "/v1/events/..", "/v1/./events", "/v1/events/a/..", "/v1/events/a/stock/",
                                      "/V1/events", "/v1/events/a b", "/v1/events/a;b", "/v1/events/a#b", "v1/events",
                                      "http://", "http:///v1", "/v1/events/a\\b", "/v1/events/\xc3\xa4", "host:443");
  CAPTURE(target);
  const auto outcome = ask(verb::get, target);
  CHECK(outcome.answer.result() == http::status::not_found);
  CHECK(outcome.pattern == "none");
  CHECK(boost::json::parse(outcome.answer.body()).at("type").as_string() == "urn:ticketd:problem:not-found");
}

TEST_CASE("router: another method is 405, with all that there are in Allow") {
  const auto outcome = ask(verb::delete_, "/v1/events/a");
  CHECK(outcome.answer.result() == http::status::method_not_allowed);
  CHECK(outcome.answer[http::field::allow] == "GET, HEAD, PUT, OPTIONS");
  CHECK(outcome.pattern == "/v1/events/{id}");
  CHECK(ask(verb::unknown, "/v1/events").answer[http::field::allow] == "GET, HEAD, OPTIONS");
}

TEST_CASE("problem: a document has its members, escaped") {
  http::problem refused;
  refused.type = {"made-up", 422, "A title"};
  refused.detail = "a \"quote\"\nand a line";
  refused.errors = {{"/quantity", "must be \\ 1"}, {"/buyer/name", "is missing"}};
  refused.extensions = {{"order_id", "o-1"}, {"note", "\"now\""}};
  const auto answer = http::make_problem(refused);
  CHECK(answer.result_int() == 422);
  CHECK(answer[http::field::content_type] == "application/problem+json");
  const auto document = boost::json::parse(answer.body());
  CHECK(document.at("type").as_string() == "urn:ticketd:problem:made-up");
  CHECK(document.at("title").as_string() == "A title");
  CHECK(document.at("status").as_int64() == 422);
  CHECK(document.at("detail").as_string() == "a \"quote\"\nand a line");
  CHECK(document.at("order_id").as_string() == "o-1");
  CHECK(document.at("note").as_string() == "\"now\"");
  CHECK(document.at("errors").as_array().size() == 2);
  CHECK(document.at("errors").at(0).at("pointer").as_string() == "/quantity");
  CHECK(document.at("errors").at(0).at("detail").as_string() == "must be \\ 1");
}

TEST_CASE("problem: one without a name says what its status says, and no type") {
  const auto answer = http::make_problem({.type = http::plain_problem(http::status::not_found)});
  CHECK(answer.result_int() == 404);
  const auto document = boost::json::parse(answer.body()).as_object();
  CHECK_FALSE(document.contains("type"));
  CHECK(document.at("title").as_string() == "Not Found");
  CHECK(document.at("status").as_int64() == 404);
}

TEST_CASE("problem: an answer has the headers that its status asks for") {
  for (const unsigned status : {400u, 401u, 405u, 429u, 500u, 503u}) {
    http::problem refused;
    refused.type.status = status;
    refused.headers = {{http::field::allow, "GET"}};
    const auto answer = http::make_problem(refused);
    CHECK(answer.result_int() == status);
    CHECK_FALSE(boost::json::parse(answer.body()).as_object().contains("detail"));
    CHECK(answer[http::field::retry_after] == (status == 429 || status == 503 ? "1" : ""));
    CHECK(answer[http::field::www_authenticate] == (status == 401 ? "Bearer" : ""));
    CHECK(answer[http::field::allow] == "GET");
    CHECK(answer[http::field::cache_control] == "no-store");
  }
  http::problem busy;
  busy.type = http::plain_problem(http::status::service_unavailable);
  busy.retry_after = std::chrono::seconds(7);
  CHECK(http::make_problem(busy)[http::field::retry_after] == "7");
}

TEST_CASE("http date: as RFC 9110 writes it") {
  http::http_date date;
  using std::chrono::system_clock;
  CHECK(date.text(system_clock::from_time_t(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.text(system_clock::from_time_t(784111777) + std::chrono::milliseconds(999)) ==
        "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.text(system_clock::from_time_t(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("Retry-After is read in seconds and as a date") {
  using namespace std::chrono_literals;
  const auto noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 26) + 12h;
  const auto asked = [&](std::string_view text) {
    auto answer = http::make_text(http::status::too_many_requests, "", "text/plain");
    if (!text.empty()) answer.set(http::field::retry_after, text);
    return http::retry_after(answer, noon);
  };
  CHECK(asked("0") == 0s);
  CHECK(asked("120") == 120s);
  CHECK(asked("Thu, 26 Nov 2026 12:00:07 GMT") == 7s);
  CHECK(asked("Thu, 26 Nov 2026 11:00:00 GMT") == 0s);
  for (const auto* text : {"", "soon", "-1", "1.5", "99999999999999999999"}) CHECK_FALSE(asked(text));
}
