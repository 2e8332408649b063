// A bounded pool of PostgreSQL connections on one Asio thread; nothing here blocks it.
//
// Who uses the database takes a session from the pool, hands it to the stores, and gives it back by destroying it. A
// session whose connection broke, or whose statement timed out (its outcome is unknown then), is closed and replaced;
// connecting again backs off with jitter, and until then acquire() fails at once.
//
// Thread: the executor's, for everything here. The database outlives its sessions.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::persistence {

enum class database_errc {
  // Transient: the same call may succeed later.
  unreachable = 1,    // no connection, and none could be made
  connection_lost,    // in the middle of a statement: whether it took effect is unknown
  pool_wait_timeout,  // no session came free before the deadline
  statement_timeout,  // the deadline passed while a statement ran: its outcome is unknown
  conflict,           // deadlock, serialization failure or a lost race: the transaction was rolled back
  lock_timeout,       // somebody else holds a row for longer than was to be waited: the transaction was rolled back
  out_of_resources,   // too many connections, disk full, shutting down
  unusable,           // there, and not to be worked with: read-only, its schema or a privilege gone, a stale plan ...
  // Final, as far as the schema is what it was: a value is refused, and the same call will fail again.
  constraint_violation,
  statement_failed,  // a value that its type does not take
};

[[nodiscard]] const boost::system::error_category& database_category() noexcept;
[[nodiscard]] error_code make_error_code(database_errc code) noexcept;
[[nodiscard]] bool is_transient(const error_code& error) noexcept;
// The server refused a statement, perhaps for a value in it, and perhaps for what has become of the schema: which of
// the two, only other values can tell.
[[nodiscard]] bool may_be_the_values(const error_code& error) noexcept;
// It may be that, or rows that a statement came upon: locked by somebody, slow to write, refused by a trigger.
[[nodiscard]] bool may_be_the_rows(const error_code& error) noexcept;

// The server's own limits: nothing that a client forgot, or died over, holds a lock for long. They stand behind the
// callers' deadlines, none of which is longer than `lock` (but a migration's, which lifts them). Shorter: they cut off
// what is still waited for.
struct server_limits {
  std::chrono::milliseconds statement{30'000};
  std::chrono::milliseconds lock{10'000};
  std::chrono::milliseconds idle_in_transaction{15'000};
  // A statement whose client closed the connection (a deadline of ours) is given up, also while it waits for a lock.
  // Longer: it holds its locks for longer.
  std::chrono::milliseconds client_check{1000};
};

// Who we are among those that share the server's connections: the less is left to others, the more we need them. Each
// leaves some, and before a second connection a good part (src/persistence/connection_room.cpp), however many processes
// there are and whatever their `connections`.
enum class connection_share {
  everything,  // an operator
  worker,
  replica,
};

struct database_settings {
  std::string url;              // libpq connection URI (PostgreSQL manual, 34.1.1.2)
  std::string instance;         // application_name at the server
  std::size_t connections = 8;  // an upper bound; more of them contend for the same rows and cores
  connection_share share = connection_share::everything;
  std::size_t waiters_max = 10000;  // callers that may wait for a session; beyond it acquire() fails at once
  // Of one attempt to connect, all of the server's addresses together, which is nobody's own: who waits for a session
  // has a deadline, a shorter one. Longer: a server that says nothing is tried less often; shorter: one that is busy is
  // never reached.
  std::chrono::milliseconds connect{5000};
  server_limits limits{};
};

class order_store;
class settlement_store;
class waiting_order_store;
class payment_claims;
class payment_store;
class event_store;
class erasure_store;

// A connection on loan, and the stores on it; goes back when destroyed. Not for two coroutines at once. A store is good
// as long as its session.
class session {
 public:
  virtual ~session() = default;

  [[nodiscard]] virtual order_store& orders() noexcept = 0;
  [[nodiscard]] virtual settlement_store& settlement() noexcept = 0;
  [[nodiscard]] virtual waiting_order_store& waiting_orders() noexcept = 0;
  [[nodiscard]] virtual payment_claims& claims() noexcept = 0;
  [[nodiscard]] virtual payment_store& payments() noexcept = 0;
  [[nodiscard]] virtual event_store& events() noexcept = 0;
  [[nodiscard]] virtual erasure_store& erasures() noexcept = 0;

  // What time it is there. Fails with database_errc.
  [[nodiscard]] virtual awaitable<result<domain::timestamp>> time(deadline until) = 0;
};

class database {
 public:
  virtual ~database() = default;

  // A connected session. Fails with unreachable or pool_wait_timeout.
  [[nodiscard]] virtual awaitable<result<std::unique_ptr<session>>> acquire(deadline until) = 0;

  // Whether the last attempt to reach the server succeeded.
  [[nodiscard]] virtual bool is_reachable() const noexcept = 0;

  // Brings the schema up to date: numbered, forward-only migrations, each in a transaction of its own, under an
  // advisory lock, so that any number of roles may start together. A schema newer than this executable is left as it
  // is.
  [[nodiscard]] virtual awaitable<result<void>> migrate(deadline until) = 0;
};

[[nodiscard]] std::unique_ptr<database> make_database(const asio::any_io_executor& executor, database_settings settings,
                                                      observability::metrics& metrics);

}  // namespace ticketd::persistence

template <>
struct boost::system::is_error_code_enum<ticketd::persistence::database_errc> : std::true_type {};
