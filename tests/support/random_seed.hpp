// The seed of a test that draws: another one in each run, so that all runs together look further than one. A failure
// says which, and TICKETD_TEST_SEED repeats it.
#pragma once

#include <cstdlib>
#include <random>
#include <string>

namespace ticketd::test {

inline unsigned random_seed() {
  const char* const given = std::getenv("TICKETD_TEST_SEED");
  return given ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
}

}  // namespace ticketd::test
