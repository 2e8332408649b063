#include "ticketd/cache/versioned_cache.hpp"

#include "cache/cache_keeper.hpp"
#include "cache/redis_url.hpp"
#include "ticketd/async/spawn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::cache {
namespace {

// A value is stored as its version in 19 digits (all that 63 bits need, so that Redis can compare two as text), and
// then itself: one string, which costs a reader one plain GET.
constexpr std::size_t version_digits = 19;

// An equal version is the same content: storing it again renews its time to live. GETRANGE counts from 0, to the last.
std::string put_script() {
  constexpr std::string_view read = "local version = redis.call('GETRANGE', KEYS[1], 0, {}) ";
  return fmt::format(read, version_digits - 1) +
         "if version > ARGV[1] and string.match(version, '^%d+$') then return 0 end "
         "redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3]) "
         "return 1";
}

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

lookup parse_stored(std::string_view stored) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_ours =
      stored.size() >= version_digits && std::ranges::all_of(stored.substr(0, version_digits), is_digit);
  if (!is_ours) return {lookup_status::miss, ""};
  return {lookup_status::hit, std::string(stored.substr(version_digits))};
}

class redis_cache final : public versioned_cache {
 public:
  redis_cache(const asio::any_io_executor& executor, const redis_url& server, const cache_settings& settings,
              observability::metrics& metrics)
      : ttl_(std::to_string(settings.ttl.count())),
        script_(put_script()),
        script_sha_(sha1_hex(script_)),
        keeper_(std::make_shared<cache_keeper>(executor, server, settings, metrics)) {
    async::spawn(executor, "cache.keep", keeper_->run());
  }

  ~redis_cache() override { keeper_->stop(); }

  awaitable<lookup> get(std::string_view key, deadline until) override {
    const std::array<std::string_view, 2> command{"GET", key};
    const reply answer = co_await keeper_->call(command, until);
    switch (answer.kind) {
      case reply_kind::text:
        co_return parse_stored(answer.text);
      case reply_kind::nil:
        co_return lookup{lookup_status::miss, ""};
      default:
        co_return lookup{};
    }
  }

  awaitable<bool> put(std::string_view key, std::int64_t version, std::string_view value, deadline until) override {
    const std::string digits = fmt::format("{:0{}}", version, version_digits);
    std::array<std::string_view, 7> command{"EVALSHA", script_sha_, "1", key, digits, value, ttl_};
    reply answer = co_await keeper_->call(command, until);
    if (answer.kind == reply_kind::error && answer.text.starts_with("NOSCRIPT")) {
      // A fresh server, or SCRIPT FLUSH: send the script itself, which also leaves it there. This one put may take
      // as long as two calls.
      command[0] = "EVAL";
      command[1] = script_;
      answer = co_await keeper_->call(command, until);
    }
    co_return answer.kind == reply_kind::integer;
  }

  bool is_up() const noexcept override { return keeper_->is_up(); }

 private:
  std::string ttl_;
  std::string script_;
  std::string script_sha_;
  std::shared_ptr<cache_keeper> keeper_;
};

}  // namespace

std::unique_ptr<versioned_cache> make_versioned_cache(const asio::any_io_executor& executor, cache_settings settings,
                                                      observability::metrics& metrics) {
  const auto server = parse_redis_url(settings.url);
  if (!server) throw std::invalid_argument("the Redis URL is not redis://[[user]:password@]host[:port][/database]");
  return std::make_unique<redis_cache>(executor, *server, settings, metrics);
}

}  // namespace ticketd::cache
