// What every session of ours goes by at the server: its limits, and the plans.
//
// Said by a statement, and not when connecting (the parameter `options`), which poolers refuse, or leave out without a
// word. To PostgreSQL itself it is said once. Behind a pooler (PgBouncer) each transaction may come to another server,
// where somebody else's settings are: there it is said in each transaction, and for that one alone.
//
// Pure. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"
#include "ticketd/persistence/database.hpp"

namespace ticketd::persistence {

// `told_pid` is the server's process by the connection's handshake. A pooler makes one up, which is how it is known.
void add_settings(pipeline& to, const server_limits& limits, int told_pid);
// For this transaction alone.
void add_transaction_settings(pipeline& to, const server_limits& limits);

// Of the answer to either: whether there is a pooler between us and the server.
[[nodiscard]] bool read_is_pooled(const row& r);

}  // namespace ticketd::persistence
