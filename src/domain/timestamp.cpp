#include "ticketd/domain/timestamp.hpp"

#include <cstddef>

namespace ticketd::domain {
namespace {

using std::chrono::microseconds;

// Reads RFC 3339 (section 5.6) from left to right; every step says whether the text still fits.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}

  bool take_number(int digits, int& value) noexcept {
    if (rest_.size() < static_cast<std::size_t>(digits)) return false;
    value = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(digits));
    return true;
  }

  bool take(char expected) noexcept {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_any_of(std::string_view expected, char& taken) noexcept {
    if (rest_.empty() || expected.find(rest_.front()) == std::string_view::npos) return false;
    taken = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  // ".25" is 250,000 microseconds; digits beyond the sixth are cut off.
  bool take_fraction(int& micros) noexcept {
    micros = 0;
    if (!take('.')) return true;
    int unit = 100'000;
    bool has_digits = false;
    for (int digit = 0; take_number(1, digit); unit /= 10) {
      micros += digit * unit;
      has_digits = true;
    }
    return has_digits;
  }

  // "Z" or "+03:00".
  bool take_offset(std::chrono::minutes& offset) noexcept {
    char sign = 0;
    if (!take_any_of("Zz+-", sign)) return false;
    if (sign == 'Z' || sign == 'z') return true;
    int hours = 0;
    int minutes = 0;
    if (!take_number(2, hours) || !take(':') || !take_number(2, minutes) || hours > 23 || minutes > 59) return false;
    offset = std::chrono::minutes((sign == '-' ? -1 : 1) * (hours * 60 + minutes));
    return true;
  }

  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// The last so many of the number's digits, zeros in front.
void append_digits(std::string& text, std::size_t digits, int number) {
  text.append(digits, '0');
  for (auto at = text.rbegin(); at != text.rbegin() + static_cast<std::ptrdiff_t>(digits); ++at, number /= 10)
    *at = static_cast<char>('0' + number % 10);
}

}  // namespace

timestamp now() noexcept { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }

// By hand: a message has three times an order, and fmt takes ten times as long.
std::string to_rfc3339(timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  append_digits(text, 4, static_cast<int>(date.year()));
  append_digits(text += '-', 2, static_cast<int>(static_cast<unsigned>(date.month())));
  append_digits(text += '-', 2, static_cast<int>(static_cast<unsigned>(date.day())));
  append_digits(text += 'T', 2, static_cast<int>(clock.hours().count()));
  append_digits(text += ':', 2, static_cast<int>(clock.minutes().count()));
  append_digits(text += ':', 2, static_cast<int>(clock.seconds().count()));
  if (const auto fraction = clock.subseconds().count(); fraction != 0)
    append_digits(text += '.', 6, static_cast<int>(fraction));
  return text += 'Z';
}

std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  char separator = 0;
  std::chrono::minutes offset{0};
  reader reader(text);
  const bool fits = reader.take_number(4, year) && reader.take('-') && reader.take_number(2, month) &&
                    reader.take('-') && reader.take_number(2, day) && reader.take_any_of("Tt ", separator) &&
                    reader.take_number(2, hour) && reader.take(':') && reader.take_number(2, minute) &&
                    reader.take(':') && reader.take_number(2, second) && reader.take_fraction(micros) &&
                    reader.take_offset(offset) && reader.is_at_end();
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!fits || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const timestamp time = timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
                         std::chrono::minutes(minute) - offset + std::chrono::seconds(second) + microseconds(micros);
  // Its offset may carry it over the edge of what four digits can say of a year.
  const auto year_in_utc = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (year_in_utc < std::chrono::year(0) || year_in_utc > std::chrono::year(9999)) return std::nullopt;
  return time;
}

}  // namespace ticketd::domain
