#include "persistence/binary_format.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ticketd::persistence {
namespace {

// timestamptz counts microseconds from 2000-01-01 00:00 UTC (PostgreSQL's datatype/timestamp.h).
constexpr domain::timestamp postgres_epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

template <class Integer>
void append_integer(std::string& to, Integer value) {
  boost::endian::native_to_big_inplace(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

template <class Integer>
Integer read_as(std::string_view bytes) {
  Integer value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return boost::endian::big_to_native(value);
}

[[noreturn]] void refuse_type() { throw std::logic_error("a column is not of the type it is read as"); }

// Of whatever width: a column may be made wider while we run (ALTER TABLE ... TYPE bigint).
std::int64_t read_any_integer(std::string_view bytes) {
  if (bytes.size() == sizeof(std::int64_t)) return read_as<std::int64_t>(bytes);
  if (bytes.size() == sizeof(std::int32_t)) return read_as<std::int32_t>(bytes);
  if (bytes.size() == sizeof(std::int16_t)) return read_as<std::int16_t>(bytes);
  refuse_type();
}

}  // namespace

void append_binary(std::string& to, std::int32_t value) { append_integer(to, value); }
void append_binary(std::string& to, std::int64_t value) { append_integer(to, value); }
void append_binary(std::string& to, std::string_view value) { to.append(value); }

void append_binary(std::string& to, domain::timestamp value) {
  append_integer(to, static_cast<std::int64_t>((value - postgres_epoch).count()));
}

void append_binary(std::string& to, const domain::order_id& value) {
  for (const auto byte : value.value()) to.push_back(static_cast<char>(byte));
}

void prepend_length(std::string& to, std::size_t start) {
  std::string length;
  append_integer(length, static_cast<std::int32_t>(to.size() - start));
  to.insert(start, length);
}

// As array_send() writes it: dimensions, whether there are NULLs, the element type, then size and lower bound of each
// dimension. An empty array has no dimension.
void append_array_header(std::string& to, type_oid element, std::size_t size, bool has_null) {
  append_integer(to, std::int32_t{size == 0 ? 0 : 1});
  append_integer(to, std::int32_t{has_null ? 1 : 0});
  append_integer(to, static_cast<std::uint32_t>(element));
  if (size == 0) return;
  append_integer(to, static_cast<std::int32_t>(size));
  append_integer(to, std::int32_t{1});
}

void read_binary(std::string_view bytes, bool& value) {
  if (bytes.size() != 1) refuse_type();
  value = bytes.front() != 0;
}

void read_binary(std::string_view bytes, std::int32_t& value) {
  const auto any = read_any_integer(bytes);
  if (!std::in_range<std::int32_t>(any)) refuse_type();
  value = static_cast<std::int32_t>(any);
}

void read_binary(std::string_view bytes, std::int64_t& value) { value = read_any_integer(bytes); }
void read_binary(std::string_view bytes, std::string& value) { value = bytes; }

void read_binary(std::string_view bytes, domain::timestamp& value) {
  if (bytes.size() != sizeof(std::int64_t)) refuse_type();
  // 'infinity' and '-infinity' are the outermost numbers. What an RFC 3339 time can say is far within.
  const domain::timestamp least = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
  const domain::timestamp most =
      std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1) - std::chrono::microseconds(1);
  const auto since_epoch = std::chrono::microseconds(read_as<std::int64_t>(bytes));
  value = postgres_epoch + std::clamp(since_epoch, least - postgres_epoch, most - postgres_epoch);
}

void read_binary(std::string_view bytes, domain::order_id& value) {
  domain::order_id::bytes id;
  if (bytes.size() != id.size()) refuse_type();
  std::memcpy(id.data(), bytes.data(), id.size());
  value = domain::order_id(id);
}

}  // namespace ticketd::persistence
