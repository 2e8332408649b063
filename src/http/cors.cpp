#include "ticketd/http/cors.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace ticketd::http {
namespace {

bool is_own_port(std::string_view scheme, std::string_view port) {
  return (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
}

}  // namespace

bool is_origin(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!parsed || parsed->has_userinfo() || !parsed->encoded_path().empty() || parsed->has_query() ||
      parsed->has_fragment())
    return false;
  const std::string scheme(parsed->scheme());
  const std::string port(parsed->port());
  const bool has_upper_case = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool has_good_port = !parsed->has_port() || (!port.empty() && !is_own_port(scheme, port));
  return (scheme == "http" || scheme == "https") && !parsed->encoded_host().empty() && !has_upper_case && has_good_port;
}

void cors::mark(const request& asked, response& answer) const {
  if (settings_.origins.empty()) return;
  answer.insert(field::vary, "Origin");  // a cache must not give one origin's answer to another
  const auto origin = asked[field::origin];
  if (std::ranges::find(settings_.origins, std::string_view(origin)) == settings_.origins.end()) return;
  answer.set(field::access_control_allow_origin, origin);
  answer.set(field::access_control_expose_headers, settings_.response_headers);
  if (asked.method() != verb::options || asked.count(field::access_control_request_method) == 0) return;
  answer.set(field::access_control_allow_methods, answer[field::allow]);
  answer.set(field::access_control_allow_headers, settings_.request_headers);
  answer.set(field::access_control_max_age, std::to_string(settings_.preflight_life.count()));
}

}  // namespace ticketd::http
