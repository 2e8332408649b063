#include "ticketd/persistence/payment_claims.hpp"

#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::persistence {
namespace {

using domain::due_payment;
using domain::order_id;

// Not a charge whose time is over, and of which no attempt did anything: its order is about to expire, and is never
// charged. Nor what is over, whatever somebody wrote as its time: it would be charged again. The first claim starts the
// hold. All of it stands here, and not with its rules (domain::expire_holds(): what has no attempt and is over was
// never charged; domain::hold_terms), because the row must be judged, locked and leased in one step: many stages claim
// at once, and one that read first and leased later would lease what another has just ended. ARRAY(...) is evaluated
// once; as a plain IN the sub-select may be run again, and lease more than the limit.
#define TICKETD_CLAIM                                                                                         \
  " UPDATE payments "                                                                                         \
  "SET due_at = now() + $1::bigint * interval '1 second', attempts = attempts + 1, "                          \
  "    first_asked_at = coalesce(first_asked_at, now()), "                                                    \
  "    expires_at = CASE attempts WHEN 0 THEN now() + $2::bigint * interval '1 second' ELSE expires_at END, " \
  "    updated_at = now() "                                                                                   \
  "WHERE order_id = ANY (ARRAY("
#define TICKETD_CLAIMED                                                                                   \
  ")) RETURNING order_id, status, amount, currency, coalesce(intent_id, ''), coalesce(traceparent, ''), " \
  "attempts, coalesce(payment_method, ''), coalesce(refund_id, ''), first_asked_at, unsent_attempts"
#define TICKETD_CLAIMABLE \
  "status = 'pending' AND NOT (attempts = unsent_attempts AND coalesce(expires_at <= now(), false)) "
#define TICKETD_DUE "due_at <= now() AND order_id <> ALL ($3::uuid[]) AND " TICKETD_CLAIMABLE

// Those whose hold is running first: it was started for them, and would end while they wait behind everybody who came
// since. (The others' limit is a plain one: of a difference the planner expects a tenth of all that is due, and sorts
// it.)
constexpr query claim_payments{
    "claim_payments",
    "WITH on_hold AS MATERIALIZED (SELECT order_id FROM payments WHERE attempts > 0 AND expires_at IS NOT NULL "
    "AND " TICKETD_DUE
    "ORDER BY due_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED), "
    "others AS MATERIALIZED (SELECT order_id FROM payments WHERE NOT (attempts > 0 AND expires_at IS NOT NULL) "
    "AND " TICKETD_DUE "ORDER BY due_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED)" TICKETD_CLAIM
    "SELECT order_id FROM (SELECT order_id, 1 AS turn FROM on_hold UNION ALL SELECT order_id, 2 FROM others) AS due "
    "ORDER BY turn LIMIT $4::bigint" TICKETD_CLAIMED};

constexpr query claim_refunds_query{"claim_refunds", TICKETD_CLAIM
                                    "SELECT order_id FROM payments WHERE status IN ('refund_due', 'refund_pending') "
                                    "AND due_at <= now() ORDER BY due_at LIMIT $3::bigint FOR UPDATE "
                                    "SKIP LOCKED" TICKETD_CLAIMED};

constexpr query claim_any_charge_query{"claim_any_charge", TICKETD_CLAIM
                                       "SELECT order_id FROM payments WHERE " TICKETD_DUE
                                       "ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED" TICKETD_CLAIMED};

constexpr query claim_charge_of_query{"claim_charge_of",
                                      TICKETD_CLAIM "SELECT order_id FROM payments WHERE " TICKETD_CLAIMABLE
                                                    "AND order_id = $3::uuid AND (due_at <= now() OR attempts = $4) "
                                                    "FOR UPDATE" TICKETD_CLAIMED};
#undef TICKETD_DUE
#undef TICKETD_CLAIMABLE
#undef TICKETD_CLAIMED
#undef TICKETD_CLAIM

constexpr query count_waiting_payments{"count_waiting_payments", R"(
  SELECT count(*), count(*) FILTER (WHERE expires_at <= now() + $1::bigint * interval '1 millisecond') FROM payments
  WHERE status = 'pending' AND attempts = 0 AND expires_at > now())"};

domain::payment_task task_of(std::string_view text) {
  const auto status = domain::parse_payment_status(text);
  const auto task = status ? domain::next_task(*status) : std::nullopt;
  if (!task) throw std::logic_error("the schema holds a payment due of which there is nothing to ask");
  return *task;
}

std::vector<due_payment> read_claimed(const rows& claimed) {
  std::vector<due_payment> due;
  for (const row r : claimed) {
    auto& payment = due.emplace_back();
    payment.order = r.get<order_id>(0);
    payment.task = task_of(r.get<std::string>(1));
    payment.amount = {r.get<std::int64_t>(2), r.get<std::string>(3)};
    payment.intent_id = r.get<std::string>(4);
    payment.traceparent = r.get<std::string>(5);
    payment.attempts = r.get<std::int32_t>(6);
    payment.payment_method = r.get<std::string>(7);
    payment.refund_id = r.get<std::string>(8);
    payment.first_asked_at = r.get<std::optional<domain::timestamp>>(9);
    payment.attempts_not_done = r.get<std::int32_t>(10);
  }
  return due;
}

pipeline claim_by(const query& what, const claim_terms& terms, const auto&... values) {
  pipeline statement;
  statement.add(what, std::int64_t{terms.lease.count()}, std::int64_t{terms.hold.count()}, values...);
  return statement;
}

awaitable<result<std::vector<due_payment>>> run_claim(connection& on, pipeline statement, deadline until) {
  const auto answers = co_await on.run(std::move(statement), until);
  if (!answers) co_return answers.error();
  co_return read_claimed(answers->front());
}

awaitable<result<std::optional<due_payment>>> run_claim_of_one(connection& on, pipeline statement, deadline until) {
  auto due = co_await run_claim(on, std::move(statement), until);
  if (!due) co_return due.error();
  std::optional<due_payment> first;
  if (!due->empty()) first = std::move(due->front());
  co_return first;
}

}  // namespace

awaitable<result<std::vector<due_payment>>> postgres_payment_claims::claim(const claim_terms& terms, std::size_t most,
                                                                           const std::vector<order_id>& passed_over,
                                                                           deadline until) {
  return run_claim(*connection_, claim_by(claim_payments, terms, passed_over, static_cast<std::int64_t>(most)), until);
}

awaitable<result<std::vector<due_payment>>> postgres_payment_claims::claim_refunds(const claim_terms& terms,
                                                                                   std::size_t most, deadline until) {
  return run_claim(*connection_, claim_by(claim_refunds_query, terms, static_cast<std::int64_t>(most)), until);
}

awaitable<result<std::optional<due_payment>>> postgres_payment_claims::claim_any_charge(
    const claim_terms& terms, const std::vector<order_id>& passed_over, deadline until) {
  return run_claim_of_one(*connection_, claim_by(claim_any_charge_query, terms, passed_over), until);
}

awaitable<result<std::optional<due_payment>>> postgres_payment_claims::claim_charge_of(const order_id& order,
                                                                                       int attempts_over,
                                                                                       const claim_terms& terms,
                                                                                       deadline until) {
  auto statement = claim_by(claim_charge_of_query, terms, order, std::int32_t{attempts_over});
  return run_claim_of_one(*connection_, std::move(statement), until);
}

awaitable<result<waiting_charges>> postgres_payment_claims::count_waiting(std::chrono::milliseconds soon,
                                                                          deadline until) {
  pipeline statements;
  statements.add(count_waiting_payments, std::int64_t{soon.count()});
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  const row counted = answers->front().front();
  co_return waiting_charges{counted.get<std::int64_t>(0), counted.get<std::int64_t>(1)};
}

}  // namespace ticketd::persistence
