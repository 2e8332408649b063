// Statements that go to the server in one round trip.
//
// Values. Thread: any; one at a time for each pipeline.
#pragma once

#include "persistence/binary_format.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ticketd::persistence {

// A statement with a name: the name of the prepared statement, and in the log. Lives as long as the program.
struct query {
  const char* name;
  const char* sql;
  // A unique constraint whose violation means that somebody else was quicker: database_errc::conflict.
  const char* lost_race = "";
};

class pipeline {
 public:
  struct statement {
    const query* what;
    std::vector<std::string> parameters;
  };

  // Values in the order of $1, $2 ...; a vector is an array.
  template <class... Values>
  pipeline& add(const query& what, const Values&... values) {
    auto& added = statements_.emplace_back();
    added.what = &what;
    added.parameters.reserve(sizeof...(values));
    (added.parameters.push_back(to_binary(values)), ...);
    return *this;
  }

  // Puts those of the other one in front of the one at this place.
  void insert(std::size_t at, const pipeline& others) {
    statements_.insert(statements_.begin() + static_cast<std::ptrdiff_t>(at), others.statements_.begin(),
                       others.statements_.end());
  }

  [[nodiscard]] const std::vector<statement>& statements() const noexcept { return statements_; }

 private:
  std::vector<statement> statements_;
};

// Of all transactions. READ COMMITTED: each statement sees what was committed before it began, so what is read after
// a lock was waited for is what the lock's last holder wrote.
inline constexpr query begin_transaction{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
inline constexpr query commit_transaction{"commit", "COMMIT"};
inline constexpr query roll_back_transaction{"rollback", "ROLLBACK"};

}  // namespace ticketd::persistence
