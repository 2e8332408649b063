// For how long a role may go on when it is told to stop: as long as what it has in hand may take, by its settings. What
// would have ended by itself is not cut off.
//
// Whoever manages the process waits for longer before it kills it: a test holds against this stop_grace_period in
// deploy/services.yaml, with the default settings, and stop_wait_of in scripts/lib/supervisor.sh, with the largest.
// Nothing is lost where one is killed earlier, only repeated.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/config/settings.hpp"

#include <chrono>

namespace ticketd::roles {

[[nodiscard]] std::chrono::milliseconds drain_time(const config::settings& settings);

}  // namespace ticketd::roles
