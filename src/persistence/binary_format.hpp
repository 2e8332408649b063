// Values as PostgreSQL's binary protocol carries them: no quoting, no escaping, and no text to parse on either side.
// The formats are those of the types' send and recv functions (src/backend/utils/adt in PostgreSQL's sources).
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::persistence {

// pg_type.oid of the types in use: fixed for ever (pg_type.dat).
enum class type_oid : std::uint32_t {
  boolean = 16,
  int8 = 20,
  int4 = 23,
  text = 25,
  timestamptz = 1184,
  uuid = 2950,
};

template <class T>
struct type_of;
template <>
struct type_of<bool> {
  static constexpr auto oid = type_oid::boolean;
};
template <>
struct type_of<std::int32_t> {
  static constexpr auto oid = type_oid::int4;
};
template <>
struct type_of<std::int64_t> {
  static constexpr auto oid = type_oid::int8;
};
template <>
struct type_of<std::string_view> {
  static constexpr auto oid = type_oid::text;
};
template <>
struct type_of<std::string> : type_of<std::string_view> {};
template <>
struct type_of<domain::timestamp> {
  static constexpr auto oid = type_oid::timestamptz;
};
template <>
struct type_of<domain::order_id> {
  static constexpr auto oid = type_oid::uuid;
};
template <class T>
struct type_of<std::optional<T>> : type_of<T> {};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

void append_binary(std::string& to, std::int32_t value);
void append_binary(std::string& to, std::int64_t value);
void append_binary(std::string& to, std::string_view value);
void append_binary(std::string& to, domain::timestamp value);
void append_binary(std::string& to, const domain::order_id& value);

// A length in front of what was written from `start` on.
void prepend_length(std::string& to, std::size_t start);
void append_array_header(std::string& to, type_oid element, std::size_t size, bool has_null);

inline constexpr std::int32_t null_length = -1;

template <class T>
void append_element(std::string& to, const T& value) {
  const auto start = to.size();
  append_binary(to, value);
  prepend_length(to, start);
}

template <class T>
void append_element(std::string& to, const std::optional<T>& value) {
  if (value)
    append_element(to, *value);
  else
    append_binary(to, null_length);
}

// A statement's parameter: a value, or an array of values or NULLs.
template <class T>
[[nodiscard]] std::string to_binary(const T& value) {
  std::string bytes;
  append_binary(bytes, value);
  return bytes;
}

template <class T>
[[nodiscard]] std::string to_binary(const std::vector<T>& values) {
  std::string bytes;
  bytes.reserve(32 + values.size() * 24);
  append_array_header(bytes, type_of<T>::oid, values.size(), is_optional<T>);
  for (const T& value : values) append_element(bytes, value);
  return bytes;
}

// Throws std::logic_error where the bytes are not of that type: the statement and its reader disagree, a bug.
void read_binary(std::string_view bytes, bool& value);
void read_binary(std::string_view bytes, std::int32_t& value);
void read_binary(std::string_view bytes, std::int64_t& value);
void read_binary(std::string_view bytes, std::string& value);
void read_binary(std::string_view bytes, domain::timestamp& value);
void read_binary(std::string_view bytes, domain::order_id& value);

}  // namespace ticketd::persistence
