#include "persistence/category_rows.hpp"
#include "persistence/migrations.hpp"
#include "persistence/postgres_stores.hpp"
#include "persistence/settlement_query.hpp"
#include "persistence/settlement_writes.hpp"
#include "persistence/wholeness.hpp"
#include "ticketd/observability/log.hpp"

#include <utility>

namespace ticketd::persistence {
awaitable<result<domain::settlement_reading>> postgres_settlement_store::begin(
    std::span<const domain::accepted_order> orders, lock_wait locks, deadline until) {
  settlement_query query(orders, locks);
  pipeline statements = query.take_statements();
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  if (!is_whole(query.read_parts(*answers), migrations().size())) {
    observability::log_warning("database.not_whole");
    const auto abandoned = co_await abandon(until);
    co_return abandoned ? make_error_code(database_errc::unusable) : abandoned.error();
  }
  co_return query.read(*answers);
}

awaitable<result<void>> postgres_settlement_store::commit(std::span<const domain::accepted_order> orders,
                                                          const domain::allocation& allocation,
                                                          domain::order_source from, const domain::new_payment& payment,
                                                          deadline until) {
  pipeline statements;
  add_settlement(statements, orders, allocation, from, payment);
  statements.add(commit_transaction);
  return connection_->execute(std::move(statements), until);
}

awaitable<result<void>> postgres_settlement_store::rehearse(std::span<const domain::accepted_order> orders,
                                                            const domain::allocation& allocation,
                                                            domain::order_source from,
                                                            const domain::new_payment& payment, deadline until) {
  pipeline statements;
  add_settlement(statements, orders, allocation, from, payment);
  statements.add(roll_back_transaction);
  return connection_->execute(std::move(statements), until);
}

awaitable<result<void>> postgres_settlement_store::abandon(deadline until) {
  pipeline statements;
  statements.add(roll_back_transaction);
  return connection_->execute(std::move(statements), until);
}

awaitable<result<std::vector<domain::rehearsal_candidate>>> postgres_settlement_store::categories_elsewhere(
    std::string_view event_id, deadline until) {
  pipeline statements;
  add_categories_elsewhere(statements, event_id);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<domain::rehearsal_candidate> candidates;
  for (const row r : answers->front()) candidates.push_back(read_candidate(r));
  co_return candidates;
}

}  // namespace ticketd::persistence
