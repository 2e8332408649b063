// What a statement answered: owns the PGresult, and reads its columns as typed values.
//
// A value. Thread: any.
#pragma once

#include "persistence/binary_format.hpp"

#include <libpq-fe.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ticketd::persistence {

struct pg_result_deleter {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using pg_result = std::unique_ptr<PGresult, pg_result_deleter>;

// One row, good while its `rows` lives.
class row {
 public:
  row(const PGresult* result, int index) noexcept : result_(result), index_(index) {}

  // Throws std::logic_error for NULL (ask for an optional where there may be one) and for another type.
  template <class T>
  [[nodiscard]] T get(int column) const {
    T value{};
    if constexpr (is_optional<T>) {
      if (!PQgetisnull(result_, index_, column)) read_binary(bytes(column), value.emplace());
    } else {
      if (PQgetisnull(result_, index_, column)) throw std::logic_error("a column is NULL that must not be");
      read_binary(bytes(column), value);
    }
    return value;
  }

 private:
  [[nodiscard]] std::string_view bytes(int column) const noexcept {
    return {PQgetvalue(result_, index_, column), static_cast<std::size_t>(PQgetlength(result_, index_, column))};
  }

  const PGresult* result_;
  int index_;
};

class rows {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = row;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = row;

    iterator(const PGresult* result, int index) noexcept : result_(result), index_(index) {}
    row operator*() const noexcept { return {result_, index_}; }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const PGresult* result_;
    int index_;
  };

  explicit rows(pg_result result) noexcept : result_(std::move(result)) {}

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(PQntuples(result_.get())); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] row front() const noexcept { return {result_.get(), 0}; }
  [[nodiscard]] iterator begin() const noexcept { return {result_.get(), 0}; }
  [[nodiscard]] iterator end() const noexcept { return {result_.get(), PQntuples(result_.get())}; }

 private:
  pg_result result_;
};

}  // namespace ticketd::persistence
