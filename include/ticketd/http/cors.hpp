// Cross-origin requests of browsers (the Fetch standard): who is told that pages of a listed origin may read the
// answer. Without a list nothing is said, and browsers keep to our own origin.
//
// A value. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::http {

// Whether it is an origin as browsers write it (RFC 6454, 6.1): http or https, a host in lower case, a port where it is
// not the scheme's own, and nothing more.
[[nodiscard]] bool is_origin(std::string_view text);

class cors {
 public:
  explicit cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  // Adds to the answer what a browser asks for. A preflight is an answer to OPTIONS as any other, with Allow.
  void mark(const request& asked, response& answer) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace ticketd::http
