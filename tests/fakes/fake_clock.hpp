// A clock that stands where a test puts it.
#pragma once

#include "ticketd/domain/clock.hpp"

namespace ticketd::test {

class fake_clock final : public domain::clock {
 public:
  domain::timestamp at = domain::now();
  domain::timestamp now() const noexcept override { return at; }
};

}  // namespace ticketd::test
