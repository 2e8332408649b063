// Asks the server how many connections it has, and how many are free (connection_room.hpp): of the narrowest of what
// bounds us, which is the server's max_connections, or a CONNECTION LIMIT of the database or of the role.
//
// Pure. Thread: any.
#pragma once

#include "persistence/connection_room.hpp"
#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"

namespace ticketd::persistence {

void add_room(pipeline& to);
[[nodiscard]] connection_room read_room(const row& r);

}  // namespace ticketd::persistence
