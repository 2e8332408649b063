#include "config/values.hpp"

#include "ticketd/text/parse_number.hpp"
#include "ticketd/text/sha256.hpp"
#include "ticketd/text/visible_ascii.hpp"

#include <boost/algorithm/string/constants.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <boost/url/parse.hpp>
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <sys/un.h>

namespace ticketd::config {
namespace {

constexpr int port_most = 65535;
constexpr std::size_t secret_least = 16;

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  const auto port = text::parse_number<int>(digits);
  if (!port || *port < 1 || *port > port_most) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

std::optional<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto address = text.substr(0, colon);
  const bool is_bracketed = address.size() >= 2 && address.front() == '[' && address.back() == ']';
  if (is_bracketed) address = address.substr(1, address.size() - 2);
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(std::string(address), error);
  const auto port = parse_port(text.substr(colon + 1));
  if (error || !port || ip.is_v6() != is_bracketed) return std::nullopt;
  return endpoint{ip.to_string(), *port};
}

std::string without_brackets(const std::string& text) {
  const bool is_bracketed = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  return is_bracketed ? text.substr(1, text.size() - 2) : text;
}

bool is_secret(std::string_view text) { return text.size() >= secret_least && text::is_visible_ascii(text); }

bool is_between_words(char c) { return c == ',' || c == ' ' || c == '\t' || c == '\n'; }

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  boost::split(words, list, is_between_words, boost::token_compress_on);
  std::erase(words, "");
  return words;
}

bool is_name(std::string_view text) {
  constexpr std::size_t size_max = 64;
  return !text.empty() && text.size() <= size_max && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '@';
  });
}

// As "ada:9f86d0...".
std::optional<admin> parse_admin(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || !is_name(std::string_view(text).substr(0, colon))) return std::nullopt;
  const auto token = text::parse_sha256(std::string_view(text).substr(colon + 1));
  if (!token) return std::nullopt;
  return admin{text.substr(0, colon), *token};
}

bool is_database_number(std::string_view path) {
  return path.empty() || path == "/" || (path.size() <= 5 && text::parse_number<unsigned>(path.substr(1)));
}

bool is_url_of(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const auto url = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!url) return false;
  const std::string scheme(url->scheme());
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end() || !url->has_authority()) return false;
  const std::string port(url->port());
  if (url->has_port() && !parse_port(port)) return false;
  const bool is_postgresql = scheme.starts_with("postgres");
  if (url->encoded_host().empty() && !is_postgresql) return false;
  const std::string path(url->encoded_path());
  if (scheme.starts_with("http"))  // a server, and nothing at it
    return (path.empty() || path == "/") && !url->has_userinfo() && !url->has_query() && !url->has_fragment();
  return !scheme.starts_with("redis") || is_database_number(path);
}

// PostgreSQL's may name several servers, "postgresql://user@one:5432,two:5433/database", which no URL is: one for each.
std::vector<std::string> with_one_host(const std::string& text) {
  const auto slashes = text.find("://");
  if (!text.starts_with("postgres") || slashes == std::string::npos) return {text};
  const auto end = std::min(text.find_first_of("/?#", slashes + 3), text.size());
  const auto at = text.rfind('@', end);
  const auto begin = at == std::string::npos || at < slashes ? slashes + 3 : at + 1;
  std::vector<std::string> hosts;
  const auto list = text.substr(begin, end - begin);
  boost::split(hosts, list, [](char c) { return c == ','; });
  for (auto& host : hosts) host = text.substr(0, begin) + host + text.substr(end);
  return hosts;
}

}  // namespace

const std::string& values::text(std::string_view flag) const { return raw_.find(flag)->second; }

void values::refuse(std::string_view flag, const std::string& rule, const std::string& seen) {
  throw refusal(fmt::format("{} {}{}", title_of(flag), rule, seen));
}

// ", not "x"", where that fits on a line.
std::string values::shown(std::string_view flag) const {
  constexpr std::size_t longest = 40;
  const std::string& value = text(flag);
  return text::is_visible_ascii(value) && value.size() <= longest ? fmt::format(", not \"{}\"", value) : std::string();
}

void values::require(std::string_view flag, std::string_view what) const {
  if (!is_given(flag)) refuse(flag, fmt::format("is required: {}", what));
}

int values::whole_number(std::string_view flag, int least, int most) const {
  const auto number = text::parse_number<int>(text(flag));
  if (!number || *number < least || *number > most)
    refuse(flag, fmt::format("must be a whole number from {} to {}", least, most), shown(flag));
  return *number;
}

double values::rate(std::string_view flag) const {
  const auto number = text::parse_number<double>(text(flag));
  if (!number || !(*number >= 0 && *number <= 1)) refuse(flag, "must be a number from 0 to 1", shown(flag));
  return *number;
}

bool values::is_on(std::string_view flag) const { return one_of<bool>(flag, {{"on", true}, {"off", false}}); }

endpoint values::address_and_port(std::string_view flag, std::string_view fallback) const {
  const auto parsed = parse_endpoint(is_given(flag) ? std::string_view(text(flag)) : fallback);
  if (!parsed)
    refuse(flag, "must be an IP address and a port from 1 to 65535, such as 127.0.0.1:8081 or [::1]:8081", shown(flag));
  return *parsed;
}

const std::string& values::socket_path(std::string_view flag) const {
  const std::string& path = text(flag);
  // unix(7): sun_path. A name without a slash would mean another file wherever the process is started.
  constexpr std::size_t size_max = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.empty() && (path.front() != '/' || path.size() > size_max))
    refuse(flag, fmt::format("must be an absolute path of at most {} bytes", size_max), shown(flag));
  return path;
}

const std::string& values::certificates(std::string_view flag) const {
  const std::string& path = text(flag);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  if (!path.empty() && X509_STORE_load_file(store.get(), path.c_str()) != 1)
    refuse(flag, "must be a file with certificates (PEM) that can be read", shown(flag));
  return path;
}

const std::string& values::url(std::string_view flag, std::initializer_list<std::string_view> schemes,
                               std::string_view example) const {
  const bool is_good =
      std::ranges::all_of(with_one_host(text(flag)), [&](const std::string& one) { return is_url_of(one, schemes); });
  if (is_given(flag) && !is_good) refuse(flag, fmt::format("must be a URL such as {}", example));
  return text(flag);
}

const std::string& values::secret(std::string_view flag) const {
  const std::string& value = text(flag);
  if (!value.empty() && !is_secret(value))
    refuse(flag, fmt::format("must be at least {} visible ASCII characters without a space", secret_least));
  return value;
}

std::vector<std::string> values::secrets(std::string_view flag) const {
  constexpr std::size_t count_max = 16;
  auto all = words_of(text(flag));
  if (all.size() > count_max || !std::ranges::all_of(all, is_secret))
    refuse(flag, fmt::format("must be at most {} secrets of at least {} visible ASCII characters, with commas between",
                             count_max, secret_least));
  return all;
}

std::vector<admin> values::admins(std::string_view flag) const {
  constexpr std::size_t count_max = 100;
  const std::string rule = fmt::format(
      "must be at most {} of NAME:SHA256 with commas between, each with a name and a token of its own: printf %s TOKEN "
      "| "
      "sha256sum",
      count_max);
  std::vector<admin> all;
  for (const auto& word : words_of(text(flag))) {
    const auto read = parse_admin(word);
    const bool is_good =
        read && all.size() < count_max &&
        std::ranges::none_of(
            all, [&](const admin& other) { return other.name == read->name || other.token == read->token; });
    if (!is_good) refuse(flag, rule);
    all.push_back(*read);
  }
  return all;
}

std::string values::address(std::string_view flag) const {
  if (!is_given(flag)) return {};
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(without_brackets(text(flag)), error);
  if (error) refuse(flag, "must be an IP address, such as 192.0.2.1 or [2001:db8::1]", shown(flag));
  return address.to_string();
}

}  // namespace ticketd::config
