// The secrets under which ids are sealed and codes are printed: the one in use, and the others that are known, so that
// what was given out under them stays good (docs/operations.md says how one is replaced).
//
// A value: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ticketd::domain {

struct secrets {
  std::string current;
  std::vector<std::string> previous{};  // the latest first
};

// What names a secret without telling it: 16 hexadecimal digits of a keyed hash. It stands in the database, with each
// event whose ids are sealed under that secret.
[[nodiscard]] std::string generation_of(std::string_view secret);

}  // namespace ticketd::domain
