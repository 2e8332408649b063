#include "observability/log_limiter.hpp"

#include <utility>

namespace ticketd::observability {

std::optional<std::uint64_t> log_limiter::admit(std::string_view kind, std::chrono::steady_clock::time_point now) {
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) found = kinds_.emplace(kind, count{now}).first;
  count& of = found->second;
  if (now - of.began >= std::chrono::seconds(1)) {
    of.began = now;
    of.written = 0;
  }
  if (of.written == lines_a_second_max) {
    ++of.left_out;
    return std::nullopt;
  }
  ++of.written;
  return std::exchange(of.left_out, 0);
}

}  // namespace ticketd::observability
