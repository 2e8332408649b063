#include "ticketd/http/message.hpp"

#include "ticketd/text/parse_number.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>

namespace ticketd::http {

response make_json(status code, std::string body) { return make_text(code, std::move(body), "application/json"); }

response make_text(status code, std::string body, std::string_view content_type) {
  constexpr unsigned http_1_1 = 11;
  response answer(code, http_1_1, std::move(body));
  answer.set(field::content_type, content_type);
  answer.set(field::cache_control, "no-store");
  return answer;
}

response make_empty(status code) {
  response answer(code, 11);
  answer.set(field::cache_control, "no-store");
  return answer;
}

response make_silence() { return response(status::unknown, 11); }

response make_stream(std::shared_ptr<stream_source> source, std::string_view content_type) {
  response answer = make_text(status::ok, {}, content_type);
  answer.stream = std::move(source);
  return answer;
}

std::string_view path_of(const request& incoming) noexcept {
  std::string_view path = incoming.target();
  path = path.substr(0, path.find('?'));
  if (path.starts_with('/')) return path;

  // The absolute form, "http://host/path", must be understood by every server (RFC 9112, 3.2.2).
  const auto scheme_end = path.find("://");
  if (scheme_end == std::string_view::npos) return path;
  path.remove_prefix(scheme_end + 3);
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? "/" : path.substr(slash);
}

std::optional<std::chrono::seconds> retry_after(const response& answer, std::chrono::system_clock::time_point now) {
  const std::string text(answer[field::retry_after]);
  if (const auto seconds = text::parse_number<std::uint32_t>(text)) return std::chrono::seconds(*seconds);

  std::tm date{};
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream >> std::get_time(&date, "%a, %d %b %Y %H:%M:%S GMT");
  if (stream.fail()) return std::nullopt;
  const auto until = std::chrono::system_clock::from_time_t(timegm(&date));
  return std::max(std::chrono::ceil<std::chrono::seconds>(until - now), std::chrono::seconds(0));
}

std::string_view query_of(const request& incoming) noexcept {
  const std::string_view target = incoming.target();
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace ticketd::http
