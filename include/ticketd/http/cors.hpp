// Cross-origin requests of browsers (the Fetch standard): who is told that pages of a listed origin may read the
// answer. Without a list nothing is said, and browsers keep to our own origin.
//
// A value. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::http {

// Whether it is an origin as browsers write it (RFC 6454, 6.1): http or https, a host in lower case, a port where it is
// not the scheme's own, and nothing more.
[[nodiscard]] bool is_origin(std::string_view text);

struct cors_settings {
  std::vector<std::string> origins;  // whose pages may read the answers
  // What such a page may send and read, beyond what any may: lists of names with commas between.
  std::string request_headers;
  std::string response_headers;
  // For how long a browser need not ask again. Longer: a change here is noticed later; shorter: more preflights.
  std::chrono::seconds preflight_life{600};
};

class cors {
 public:
  explicit cors(cors_settings settings) : settings_(std::move(settings)) {}

  // Adds to the answer what a browser asks for. A preflight is an answer to OPTIONS as any other, with Allow.
  void mark(const request& asked, response& answer) const;

 private:
  cors_settings settings_;
};

}  // namespace ticketd::http
