// Values in Redis, each with a version: a put never lays an older version over a newer one, so a slow reader cannot
// undo what a writer has just published. What a version counts is the caller's affair. Redis is only ever an
// optimisation: every call ends within its short deadline, and a dead or hanging server costs the calls that were in
// flight some milliseconds and the rest nothing: without a connection that answers they are refused at once. Connecting
// is done in the background, as the circuit breaker allows.
//
// Thread: the executor's. Owned by its role; the executor outlives it.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/circuit_breaker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::cache {

struct cache_settings {
  std::string url{};                   // redis://[[user]:password@]host:port[/database], rediss:// with TLS
  std::string ca_file{};               // who vouches for a server with TLS: PEM. Empty: whom the system trusts
  std::chrono::milliseconds call{20};  // the longest of one. Longer: a hanging Redis holds its first readers longer
  // How long a value lives. Its reader judges its age, so this only bounds for how long an outage of the database can
  // be bridged with it. More: memory of Redis.
  std::chrono::milliseconds ttl{3'600'000};
  // To connect, authenticate and hear the first PONG. No call waits for it; longer: a hanging server is tried less
  // often.
  std::chrono::milliseconds connect{200};
  std::size_t calls_max = 10000;      // in flight at once; beyond it a call is refused at once
  async::breaker_settings breaker{};  // counts lost connections and failed attempts to connect
};

enum class lookup_status { hit, miss, down };

struct lookup {
  lookup_status status = lookup_status::down;
  std::string value;
};

class versioned_cache {
 public:
  virtual ~versioned_cache() = default;

  // Both end at the deadline, or at cache_settings::call if that is sooner: no caller waits longer for what it can do
  // without.
  [[nodiscard]] virtual awaitable<lookup> get(std::string_view key, deadline until) = 0;

  // False if Redis did not take it. A value refused because a newer one is there counts as taken.
  virtual awaitable<bool> put(std::string_view key, std::int64_t version, std::string_view value, deadline until) = 0;

  // Whether calls are being let through: there is a connection, and it answers.
  [[nodiscard]] virtual bool is_up() const noexcept = 0;
};

// Begins to connect at once. Throws std::invalid_argument for a URL or a CA file that is none.
[[nodiscard]] std::unique_ptr<versioned_cache> make_versioned_cache(const asio::any_io_executor& executor,
                                                                    cache_settings settings,
                                                                    observability::metrics& metrics);

}  // namespace ticketd::cache
