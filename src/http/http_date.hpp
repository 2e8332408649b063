// The Date header's text (IMF-fixdate, RFC 9110, 5.6.7), made once a second.
//
// A plain class with the time injected: one thread at a time.
#pragma once

#include <chrono>
#include <string_view>

namespace ticketd::http {

class http_date {
 public:
  // Valid until the next call.
  [[nodiscard]] std::string_view text(std::chrono::system_clock::time_point now);

 private:
  std::chrono::sys_seconds second_{std::chrono::seconds(-1)};
  char text_[30] = {};
};

}  // namespace ticketd::http
