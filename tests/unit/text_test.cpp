// What text from outside is asked: is it a number, is it visible ASCII.
#include "support/catch2.hpp"
#include "ticketd/text/parse_number.hpp"
#include "ticketd/text/visible_ascii.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace ticketd::text;

TEST_CASE("a number is the whole text, within its type", "[text]") {
  CHECK(parse_number<int>("0") == 0);
  CHECK(parse_number<int>("-7") == -7);
  CHECK(parse_number<int>("007") == 7);
  CHECK(parse_number<double>("0.25") == 0.25);
  CHECK(parse_number<std::uint16_t>("65535") == 65535);
  CHECK(parse_number<std::int64_t>("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* none : {"", " 1", "1 ", "+1", "1x", "x1", "0x1", "1.5", "-", "2147483648"})
    CHECK_FALSE(parse_number<int>(none));
  CHECK_FALSE(parse_number<std::uint16_t>("65536"));
  CHECK_FALSE(parse_number<unsigned>("-1"));
  CHECK_FALSE(parse_number<int>(std::string("1\0", 2)));
}

TEST_CASE("visible ASCII is what lies between the blank and DEL", "[text]") {
  for (int c = 0; c < 256; ++c) CHECK(is_visible_ascii(static_cast<char>(c)) == (c >= '!' && c <= '~'));
  CHECK(is_visible_ascii("!~"));
  CHECK(is_visible_ascii(""));
  CHECK_FALSE(is_visible_ascii("a b"));
  CHECK_FALSE(is_visible_ascii("caf\xc3\xa9"));
}
