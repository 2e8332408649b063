#include "samples.hpp"

#include "api/order_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace ticketd::bench {

namespace {

constexpr std::string_view event_id = "bench-1790000000-1";

// $request_id of Nginx is 32 random hexadecimal digits.
std::string request_id(int number) {
  return fmt::format("{:016x}{:016x}", 0x9e3779b97f4a7c15U * static_cast<unsigned>(number + 1),
                     0xbf58476d1ce4e5b9U * static_cast<unsigned>(number + 1));
}

std::string request_text(int number) {
  const std::string body = fmt::format(R"({{"event_id":"{}","category_id":"standing","quantity":1,)"
                                       R"("buyer":{{"name":"Buyer","email":"{}-1-{}@example.com"}}}})",
                                       event_id, event_id, number + 1);
  const std::string id = request_id(number);
  return fmt::format(
      "POST /api/v1/orders HTTP/1.1\r\n"
      "Host: 127.0.0.1\r\n"
      "X-Forwarded-For: 127.0.0.1\r\n"
      "X-Request-Id: {}\r\n"
      "Idempotency-Key: {}\r\n"
      "X-Idempotency-Key-Of-Nginx: 1\r\n"
      "X-Request-Start: t=1790000000.{:03}\r\n"
      "Content-Length: {}\r\n"
      "Content-Type: application/json\r\n"
      "\r\n"
      "{}",
      id, id, number % 1000, body.size(), body);
}

http::request read_request(const std::string& text) {
  boost::beast::http::request_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text), error);
  if (error || !parser.is_done()) throw std::logic_error("the sample is no request: " + error.message());
  return parser.release();
}

domain::timestamp at(const char* text) { return domain::parse_rfc3339(text).value(); }

}  // namespace

domain::timestamp sample_time() { return at("2026-09-21T14:13:20.000123Z"); }

domain::event_snapshot sample_event() {
  domain::event_snapshot event;
  event.id = event_id;
  event.name = "A load test";
  event.venue = "Lab";
  event.starts_at = at("2099-01-01T00:00:00Z");
  event.sale = {at("2020-01-01T00:00:00Z"), event.starts_at};
  event.max_per_buyer = 4;
  event.as_of = sample_time();
  for (const char* category : {"golden-circle", "standing", "balcony"})
    event.categories.push_back({category, category, {100'000, "TRY"}, 1'000'000, 900'000});
  return event;
}

std::vector<http::request> sample_requests(int count) {
  std::vector<http::request> requests;
  for (int i = 0; i < count; ++i) requests.push_back(read_request(request_text(i)));
  return requests;
}

std::vector<orders::purchase_request> sample_purchases(int count) {
  std::vector<orders::purchase_request> purchases;
  for (const auto& request : sample_requests(count))
    purchases.push_back(std::get<orders::purchase_request>(roles::api::parse_order_request(request)));
  return purchases;
}

std::vector<domain::order_id> sample_ids(int count) {
  domain::order_id_mint mint(known_secrets);
  const auto event = sample_event();
  std::vector<domain::order_id> ids;
  for (const auto& purchase : sample_purchases(count)) ids.push_back(orders::mint_id(mint, purchase, event).value());
  return ids;
}

std::vector<domain::accepted_order> sample_orders(int count) {
  domain::order_id_mint mint(known_secrets);
  const auto event = sample_event();
  auto came_at = sample_time();
  std::vector<domain::accepted_order> accepted;
  for (auto& purchase : sample_purchases(count)) {
    const auto id = orders::mint_id(mint, purchase, event).value();
    accepted.push_back(orders::accept(std::move(purchase), event, id, came_at));
    came_at += std::chrono::microseconds(47);  // 21,000 a second
  }
  return accepted;
}

}  // namespace ticketd::bench
