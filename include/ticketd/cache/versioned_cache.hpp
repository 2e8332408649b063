// Values in Redis, each with a revision: a put never lays an older revision over a newer one, so a slow reader cannot
// undo what a writer has just published. Redis is only ever an optimisation: every call ends within its short deadline,
// and a dead or hanging server costs the first few calls some milliseconds and the rest nothing (circuit breaker).
//
// Thread: the executor's.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/cache/circuit_breaker.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::cache {

struct cache_settings {
  std::string url;  // redis://[:password@]host:port[/database]
  std::chrono::milliseconds call{20};  // deadline of one call; longer: a hanging Redis holds its first readers longer
  std::chrono::milliseconds ttl{1000}; // how long a value lives: with Redis cut off from a writer, its staleness too
  breaker_settings breaker;
};

enum class lookup_status { hit, miss, down };

struct lookup {
  lookup_status status = lookup_status::down;
  std::int64_t revision = 0;
  std::string value;
};

class versioned_cache {
 public:
  virtual ~versioned_cache() = default;

  [[nodiscard]] virtual awaitable<lookup> get(std::string_view key) = 0;

  // False if Redis did not take it. A value refused because a newer one is there counts as taken.
  virtual awaitable<bool> put(std::string_view key, std::int64_t revision, std::string_view value) = 0;

  // Whether calls are being let through: the breaker is closed.
  [[nodiscard]] virtual bool is_up() const noexcept = 0;
};

[[nodiscard]] std::unique_ptr<versioned_cache> make_versioned_cache(const asio::any_io_executor& executor,
                                                                    cache_settings settings,
                                                                    observability::metrics& metrics);

}  // namespace ticketd::cache
