// A role of the executable: everything that one process runs, wired together.
//
// Thread: the one that runs the executor. A role is destroyed before its executor's context, when nothing runs any
// more.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/observability/ops.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace ticketd::roles {

class role {
 public:
  virtual ~role() = default;

  // Spawns what the role does, and returns at once. It comes up by itself when what it needs is there.
  virtual void start() = 0;

  // What GET /readyz says.
  [[nodiscard]] virtual observability::health_report readiness() const = 0;

  // Takes in nothing more and finishes what is in flight, at most until the deadline.
  [[nodiscard]] virtual awaitable<> drain(deadline until) = 0;
};

// Each binds its ports at once: throws boost::system::system_error if one is taken.
[[nodiscard]] std::unique_ptr<role> make_api(const asio::any_io_executor& executor, const config::settings& settings);
[[nodiscard]] std::unique_ptr<role> make_worker(const asio::any_io_executor& executor,
                                                const config::settings& settings);
[[nodiscard]] std::unique_ptr<role> make_payments(const asio::any_io_executor& executor,
                                                  const config::settings& settings);

}  // namespace ticketd::roles
