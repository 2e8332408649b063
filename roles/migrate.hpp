// `ticketd --migrate`: brings the schema up to date, as the user of `--migrations-url`, and ends. Where roles may not
// change the schema (docs/operations.md, "Who may do what"), this is run before them, as its owner.
//
// Thread: main's; it runs a context of its own.
#pragma once

#include "ticketd/config/settings.hpp"

namespace ticketd::roles {

// Waits a minute at most for a database that cannot be reached, and not at all where it refuses. Throws
// std::runtime_error where the schema is not up to date in the end.
void migrate(const config::settings& settings);

}  // namespace ticketd::roles
