// What time it is, as an argument: whoever decides by the time is handed a clock, and a test hands one of its own.
//
// Thread: any, as its implementation allows. Owned by the role; outlives who is handed it.
#pragma once

#include "ticketd/domain/timestamp.hpp"

#include <chrono>

namespace ticketd::domain {

class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual timestamp now() const noexcept = 0;

  // For how old things are in this process: never set, and nobody else's. Timers and deadlines are the executor's, and
  // go by the host's own.
  using instant = std::chrono::steady_clock::time_point;
  [[nodiscard]] virtual instant steady() const noexcept { return std::chrono::steady_clock::now(); }
};

// This host's. Thread: any.
class system_clock final : public clock {
 public:
  [[nodiscard]] timestamp now() const noexcept override { return domain::now(); }
};

}  // namespace ticketd::domain
