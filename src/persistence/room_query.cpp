#include "persistence/room_query.hpp"

#include <cstdint>

namespace ticketd::persistence {
namespace {

// reserved_connections is there since PostgreSQL 16. Everybody may read who is connected to what, and as whom; what
// kind of a process it is only of those of one's own roles.
constexpr query read_connection_room{"connection_room", R"(
  WITH clients AS (
    SELECT datid, usesysid FROM pg_stat_activity
    WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
  ), bounds (slots, taken) AS (
    SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
             - coalesce(current_setting('reserved_connections', true), '0')::integer,
           (SELECT count(*) FROM clients)
    UNION ALL
    SELECT datconnlimit, (SELECT count(*) FROM clients c WHERE c.datid = d.oid)
    FROM pg_database d WHERE datname = current_database() AND datconnlimit >= 0
    UNION ALL
    SELECT rolconnlimit, (SELECT count(*) FROM clients c WHERE c.usesysid = r.oid)
    FROM pg_roles r WHERE rolname = session_user AND rolconnlimit >= 0
  )
  SELECT slots, (slots - taken)::integer FROM bounds ORDER BY slots - taken LIMIT 1)"};

}  // namespace

void add_room(pipeline& to) { to.add(read_connection_room); }

connection_room read_room(const row& r) { return {r.get<std::int32_t>(0), r.get<std::int32_t>(1)}; }

}  // namespace ticketd::persistence
