// One libpq connection on Asio, in pipeline mode: any number of statements are one round trip. Never blocks.
//
// Behind a pooler in transaction mode (PgBouncer) the server changes with each transaction. So nothing of ours is kept
// in a session there: statements are prepared anew each time, and each transaction begins with our settings.
//
// Not for two coroutines at once. Thread: the executor's.
#pragma once

#include "persistence/connect_options.hpp"
#include "persistence/connection_room.hpp"
#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"
#include "ticketd/persistence/database.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace ticketd::observability {
class metrics;
}

namespace ticketd::persistence {

class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(const asio::any_io_executor& executor, const server_limits& limits, observability::metrics& metrics);
  ~connection();

  // Once. To the first server, and the first of its addresses, that lets us in; each has its share of the time. Empty,
  // unreachable, or out_of_resources where the last one has no connection left.
  [[nodiscard]] awaitable<error_code> connect(const connect_options& options, deadline until);

  // Whether there is a pooler between us and the server.
  [[nodiscard]] bool is_pooled() const noexcept { return is_pooled_; }
  // What the server had left when it was asked.
  [[nodiscard]] awaitable<result<connection_room>> room(deadline until);
  // Says our settings again, where somebody has said others. Not through a pooler, where they are always said.
  [[nodiscard]] awaitable<result<void>> restore_settings(deadline until);

  // The rows of each statement, in order. If one fails the rest are skipped, and the transaction that they stand in,
  // if any, is rolled back. Statements outside an explicit transaction share an implicit one.
  [[nodiscard]] awaitable<result<std::vector<rows>>> run(pipeline statements, deadline until);
  // The same, where nobody reads the rows.
  [[nodiscard]] awaitable<result<void>> execute(pipeline statements, deadline until);

  // Any number of statements without parameters, in one text.
  [[nodiscard]] awaitable<result<void>> run_script(std::string_view name, const char* sql, deadline until);

  // Whether it may be lent: connected, nothing under way, no transaction open, and not hung up by the server.
  [[nodiscard]] bool is_idle() const noexcept;
  // Whether the server, or the way to it, broke it; false where we closed it ourselves.
  [[nodiscard]] bool is_lost() const noexcept { return is_lost_; }

  // Ends what is under way. Safe at any time.
  void cancel();

 private:
  class time_limit;
  struct finisher {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };

  awaitable<error_code> connect_to(const connect_options& options, server_address server, deadline until);
  awaitable<error_code> open(connect_options options, deadline until);
  awaitable<error_code> log_in(const connect_options& options);
  awaitable<result<std::vector<std::string>>> addresses_of(const server_address& server, deadline until);
  awaitable<error_code> find_out_whether_pooled();
  error_code refused_to_connect(const connect_options& to, const error_code& error);
  void interrupt();
  awaitable<bool> wait(asio::posix::stream_descriptor::wait_type what);
  awaitable<bool> wait_for_either();
  awaitable<error_code> handshake();

  bool send(const pipeline::statement& statement);
  bool send_all(const pipeline& statements);
  awaitable<error_code> flush();
  awaitable<result<pg_result>> next_result();
  awaitable<result<std::vector<rows>>> read_all(const pipeline& statements);
  awaitable<result<std::vector<rows>>> round_trip(const pipeline& statements);
  awaitable<result<std::vector<rows>>> round_trip_with_settings(pipeline statements);
  awaitable<error_code> round_trip_of_script(std::string_view name, const char* sql);

  error_code refused(std::string_view name, const char* lost_race, const PGresult* result) const;
  error_code lost(std::string_view during);
  void close() noexcept;

  // The descriptor before the connection: it lets go of libpq's socket before libpq closes it.
  std::unique_ptr<PGconn, finisher> connection_;
  asio::posix::stream_descriptor socket_;
  server_limits limits_;
  observability::metrics& metrics_;
  asio::steady_timer timer_;
  unsigned limits_set_ = 0;
  std::unordered_set<std::string_view> prepared_;  // names of statements that the server knows
  bool is_pooled_ = true;                          // until it is known not to be
  bool is_cancelled_ = false;
  bool is_under_way_ = false;
  bool is_out_of_time_ = false;
  bool is_lost_ = false;
};

}  // namespace ticketd::persistence
