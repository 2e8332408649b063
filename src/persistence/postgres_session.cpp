#include "persistence/postgres_session.hpp"

#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"

namespace ticketd::persistence {
namespace {

// Not now(), which is the transaction's start (PostgreSQL manual, 9.9.5).
constexpr query read_time{"read_time", "SELECT clock_timestamp()"};

}  // namespace

awaitable<result<domain::timestamp>> postgres_session::time(deadline until) {
  pipeline statements;
  statements.add(read_time);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return answers->front().front().get<domain::timestamp>(0);
}

}  // namespace ticketd::persistence
