// The servers that integration tests run against, and the faults that they put them through.
#pragma once

#include "support/catch2.hpp"

#include <cstdlib>
#include <string>
#include <utility>

namespace ticketd::test {

// A missing variable fails the test: one that did not run must not look like one that passed.
inline std::string required_variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value || !*value) FAIL(name << " is not set (scripts/test integration sets it)");
  return value;
}

inline bool run_lab(const std::string& verb, const std::string& service) {
  const std::string program = required_variable("TICKETD_TEST_LAB");
  return std::system(("'" + program + "' " + verb + " " + service + " >/dev/null").c_str()) == 0;
}

// stop, start, kill, pause or resume of db, redis or rabbitmq; returns when it is done.
inline void lab(const std::string& verb, const std::string& service) {
  if (!run_lab(verb, service)) FAIL("the lab could not " << verb << " " << service);
}

// A fault that is mended at the end of its scope if the test has not come to it: a test that fails leaves the server to
// the next one in order.
class scoped_fault {
 public:
  scoped_fault(const std::string& verb, std::string service, std::string remedy)
      : service_(std::move(service)), remedy_(std::move(remedy)) {
    lab(verb, service_);
  }
  scoped_fault(const scoped_fault&) = delete;
  scoped_fault& operator=(const scoped_fault&) = delete;
  ~scoped_fault() {
    if (!is_mended_) run_lab(remedy_, service_);
  }

  void mend() {
    is_mended_ = true;
    lab(remedy_, service_);
  }

 private:
  std::string service_;
  std::string remedy_;
  bool is_mended_ = false;
};

}  // namespace ticketd::test
