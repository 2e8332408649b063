// The servers that integration tests run against, and the faults that they put them through.
#pragma once

#include "support/catch2.hpp"

#include <cstdlib>
#include <string>

namespace ticketd::test {

// A missing variable fails the test: one that did not run must not look like one that passed.
inline std::string required_variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value || !*value) FAIL(name << " is not set (scripts/test integration sets it)");
  return value;
}

// stop, start, kill, pause or resume of db, redis or rabbitmq; returns when it is done.
inline void lab(const std::string& verb, const std::string& service) {
  const std::string command = "'" + required_variable("TICKETD_TEST_LAB") + "' " + verb + " " + service + " >/dev/null";
  if (std::system(command.c_str()) != 0) FAIL("failed: " << command);
}

}  // namespace ticketd::test
