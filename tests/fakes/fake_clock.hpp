// A clock that stands where a test puts it. What is steady goes on, and by as much more as a test says.
#pragma once

#include "ticketd/domain/clock.hpp"

#include <chrono>

namespace ticketd::test {

class fake_clock final : public domain::clock {
 public:
  domain::timestamp at = domain::now();
  domain::timestamp now() const noexcept override { return at; }

  std::chrono::nanoseconds passed{0};
  instant steady() const noexcept override { return domain::clock::steady() + passed; }
};

}  // namespace ticketd::test
