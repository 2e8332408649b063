#include "problems.hpp"

#include <algorithm>
#include <iterator>

namespace ticketd::roles {

http::problem_type problem_of(http::status code) noexcept {
  using namespace problems;
  static constexpr http::problem_type of_server[] = {
      malformed_request, not_found,          method_not_allowed, request_timeout, body_too_large,
      uri_too_long,      expectation_failed, headers_too_large,  internal_error,  unavailable};
  const auto* found = std::ranges::find(of_server, static_cast<unsigned>(code), &http::problem_type::status);
  return found != std::end(of_server) ? *found : internal_error;
}

}  // namespace ticketd::roles
