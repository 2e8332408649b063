#include "persistence/binary_format.hpp"
#include "support/catch2.hpp"

#include <limits>
#include <stdexcept>
#include <string>

using namespace ticketd;
using persistence::read_binary;
using persistence::to_binary;
using namespace std::string_literals;

TEST_CASE("integers are big-endian", "[binary_format]") {
  REQUIRE(to_binary(std::int32_t{-2}) == "\xff\xff\xff\xfe"s);
  REQUIRE(to_binary(std::int64_t{258}) == "\0\0\0\0\0\0\1\2"s);
  std::int64_t value = 0;
  read_binary(to_binary(std::int64_t{-5'000'000'000}), value);
  REQUIRE(value == -5'000'000'000);
}

TEST_CASE("times count microseconds from the year 2000", "[binary_format]") {
  const auto time = *domain::parse_rfc3339("2000-01-01T00:00:01.000002Z");
  REQUIRE(to_binary(time) == to_binary(std::int64_t{1'000'002}));
  domain::timestamp read;
  read_binary(to_binary(time), read);
  REQUIRE(read == time);
}

TEST_CASE("'infinity' and '-infinity' are the outermost times that can be said", "[binary_format]") {
  const auto read_number = [](std::int64_t number) {
    domain::timestamp time;
    read_binary(to_binary(number), time);
    return domain::to_rfc3339(time);
  };
  CHECK(read_number(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59.999999Z");
  CHECK(read_number(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00Z");
}

TEST_CASE("arrays carry their elements with lengths, NULL as -1, and no quoting", "[binary_format]") {
  const std::vector<std::optional<std::string_view>> values{"a\"\\{},", std::nullopt, ""};
  REQUIRE(to_binary(values) ==
          "\0\0\0\1"
          "\0\0\0\1"
          "\0\0\0\x19"
          "\0\0\0\3"
          "\0\0\0\1"
          "\0\0\0\6"
          "a\"\\{},"
          "\xff\xff\xff\xff"
          "\0\0\0\0"s);
  REQUIRE(to_binary(std::vector<std::int32_t>{}) ==
          "\0\0\0\0"
          "\0\0\0\0"
          "\0\0\0\x17"s);
}

TEST_CASE("a column read as another type is a bug that shows", "[binary_format]") {
  std::int32_t value = 0;
  REQUIRE_THROWS_AS(read_binary("12345678", value), std::logic_error);
  REQUIRE_THROWS_AS(read_binary("123", value), std::logic_error);
}

TEST_CASE("an integer is read from a column of whatever width, if it fits", "[binary_format]") {
  std::int32_t narrow = 0;
  read_binary("\0\0\0\0\0\0\0\x07"s, narrow);
  CHECK(narrow == 7);
  read_binary("\xff\xff\xff\xff\xff\xff\xff\xfe"s, narrow);
  CHECK(narrow == -2);
  std::int64_t wide = 0;
  read_binary("\xff\xfe"s, wide);
  CHECK(wide == -2);
  read_binary("\0\0\x01\0"s, wide);
  CHECK(wide == 256);
}
