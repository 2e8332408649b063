#include "cache/redis_url.hpp"

#include <boost/url/parse.hpp>

namespace ticketd::cache {

std::optional<redis_url> parse_redis_url(std::string_view text) {
  const auto url = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!url || url->encoded_host().empty()) return std::nullopt;
  if (url->scheme() != "redis" && url->scheme() != "rediss") return std::nullopt;

  redis_url parsed;
  parsed.is_tls = url->scheme() == "rediss";
  parsed.host = url->host_address();
  parsed.user = url->user();
  parsed.password = url->password();
  const std::string path(url->encoded_path());
  parsed.database = path.empty() ? path : path.substr(1);
  if (parsed.database.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  if (url->has_port()) {
    parsed.port = url->port_number();
    if (parsed.port == 0) return std::nullopt;  // Boost.URL's word for "does not fit 16 bits"
  }
  return parsed;
}

}  // namespace ticketd::cache
