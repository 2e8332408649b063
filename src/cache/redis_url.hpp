// redis://[[user]:password@]host[:port][/database], or rediss:// over TLS
//
// Pure. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::cache {

struct redis_url {
  bool is_tls = false;
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 6379;
  std::string user;  // empty: the default user
  std::string password;
  std::string database;  // its number; empty: 0
};

// nullopt for what is none.
[[nodiscard]] std::optional<redis_url> parse_redis_url(std::string_view text);

}  // namespace ticketd::cache
