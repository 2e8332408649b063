// ticketd --erase=ADDRESS: not a role, but one job on the database, done when it returns.
//
// Thread: main's, which runs a context of its own in here.
#pragma once

#include "ticketd/config/settings.hpp"

namespace ticketd::roles {

// Says on standard output how many orders it was taken out of, or on standard error why it was not. Returns the exit
// status: 0, or 1 where nothing was changed.
[[nodiscard]] int erase(const config::settings& settings);

}  // namespace ticketd::roles
