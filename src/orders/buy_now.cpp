#include "ticketd/orders/buy_now.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/ask_provider.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/locks.hpp"
#include "ticketd/persistence/order_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ticketd::orders {

using domain::order_status;

namespace {

constexpr int no_attempts = 0;  // a request takes over no lease but its own

}  // namespace

buy_now::buy_now(catalog::event_reader& events, persistence::database& database, payment::gateway* gateway,
                 domain::order_id_mint& mint, const domain::clock& clock, domain::ticket_printer& printer,
                 settlement_rules rules, charge_settings charging, commit_listener told,
                 observability::metrics& metrics)
    : events_(&events),
      database_(&database),
      gateway_(gateway),
      mint_(&mint),
      clock_(&clock),
      printer_(&printer),
      rules_(rules),
      charging_(charging),
      told_(std::move(told)),
      metrics_(&metrics) {
  // This request charges what it reserves; the payment stage picks it up only if this process dies in between.
  rules_.hold.charged_here_for = charging_.lease();
}

awaitable<bought> buy_now::operator()(purchase_request request, deadline until) {
  const auto reading = co_await events_->read(request.event_id, until);
  if (!reading) co_return unsettled_purchase::event_unreadable;
  const auto accepted_at = clock_->now();
  objection against = screen(request, reading->event.get(), accepted_at, charging_.takes);
  if (reading->event == nullptr) co_return std::get<invalid_purchase>(against);
  const auto id = mint_id(*mint_, request, *reading->event);
  if (!id) co_return unsettled_purchase::secret_missing;
  // Only what is wrong with the request is said here. Whether it is refused is for settlement, which knows repeats.
  const bool is_wrong =
      !std::holds_alternative<std::monostate>(against) && !std::holds_alternative<refused_purchase>(against);
  if (is_wrong) {
    const bool may_be_repeat = !request.idempotency_key.empty();
    co_return co_await object_unless_repeat(*id, may_be_repeat, std::move(against), until);
  }
  const domain::accepted_order order = accept(std::move(request), *reading->event, *id, accepted_at);
  auto settled = co_await buy(order, until);
  if (!settled) co_return unsettled_purchase::not_finished;
  co_return std::move(*settled);
}

awaitable<bought> buy_now::object_unless_repeat(const domain::order_id& id, bool may_be_repeat, objection against,
                                                deadline until) {
  if (may_be_repeat) {
    const auto found = co_await find_repeat(id, until);
    if (!found) co_return unsettled_purchase::not_finished;
    if (!found->empty()) co_return found->front();
  }
  if (const auto* invalid = std::get_if<invalid_purchase>(&against)) co_return *invalid;
  co_return std::get<repriced_purchase>(against);
}

// What was bought stays bought, whatever has changed since.
awaitable<result<std::vector<domain::order_view>>> buy_now::find_repeat(const domain::order_id& id, deadline until) {
  auto found = co_await persistence::with_session(
      *database_, until, [&](persistence::session& on) { return on.orders().find({&id, 1}, until); });
  co_return found;
}

awaitable<result<domain::order_view>> buy_now::buy(const domain::accepted_order& order, deadline until) {
  auto reached = co_await reserve_and_pay(order, until);
  while (reached && reached->by == charged_by::another &&
         std::chrono::steady_clock::now() + charging_.look_again < until) {
    co_await async::pause(co_await asio::this_coro::executor, charging_.look_again);
    reached = co_await persistence::with_session(
        *database_, until, [&](persistence::session& on) { return pay_what_is_reserved(on, order.id, until); });
  }
  if (!reached) co_return reached.error();
  co_return std::move(reached->order);
}

awaitable<result<buy_now::step>> buy_now::reserve_and_pay(const domain::accepted_order& order, deadline until) {
  auto session = co_await database_->acquire(until);
  if (!session) co_return session.error();
  if (const auto reserved = co_await reserve(**session, order, until); !reserved) co_return reserved.error();
  auto reached = co_await pay_what_is_reserved(**session, order.id, until);
  co_return reached;
}

awaitable<result<buy_now::step>> buy_now::pay_what_is_reserved(persistence::session& on, const domain::order_id& id,
                                                               deadline until) {
  step reached;
  auto view = co_await find(on, id, until);
  if (view && view->status == order_status::reserved && gateway_ != nullptr) {
    const auto paid = co_await pay(on, id, until);
    if (!paid) co_return paid.error();
    view = co_await find(on, id, until);
    if (view && view->status == order_status::reserved) reached.by = *paid;
  }
  if (!view) co_return view.error();
  reached.order = std::move(*view);
  co_return reached;
}

awaitable<result<void>> buy_now::reserve(persistence::session& on, const domain::accepted_order& order,
                                         deadline until) {
  const auto settled =
      co_await settle_batch(on.settlement(), *printer_, {&order, 1}, domain::order_source::queue, rules_, until);
  if (!settled) co_return settled.error();
  if (!settled->collisions.empty()) {
    observability::log_error("order.id_taken", {{"order", order.id.to_string()}, {"event", order.event_id}});
    co_return make_error_code(persistence::database_errc::unusable);  // it is another buyer's order, with their tickets
  }
  for (const auto& decision : settled->decisions) {
    metrics_->record_order(to_string(decision.status), to_string(decision.reason));
    observability::log_order("order.settled", order.id.to_string(), order.traceparent,
                             {{"status", to_string(decision.status)}});
    if (holds_tickets(decision.status)) told_.stock_changed(order.event_id);
  }
  if (!settled->decisions.empty()) told_.orders_changed({&order.id, 1});
  co_return result<void>();
}

// An attempt is written down before the provider is asked, as the payment stage does it: this may be a repeat, and what
// an attempt did counts only together with what the ones before it may have done.
awaitable<result<buy_now::charged_by>> buy_now::pay(persistence::session& on, const domain::order_id& id,
                                                    deadline until) {
  auto due = co_await on.claims().claim_charge_of(id, no_attempts, charging_.claiming(), until);
  if (!due) co_return due.error();
  if (!due->has_value()) co_return charged_by::another;
  // What came of it is to be written within the request's own time.
  const deadline answered = std::min(until - charging_.transaction, deadline_in(charging_.attempts.call));
  const auto reply = co_await ask_provider(*gateway_, std::move(**due), charging_.attempts, clock_->now(), answered);
  const auto recorded = co_await record_outcomes(on.payments(), *printer_, {&reply.outcome, 1},
                                                 persistence::lock_wait::until_deadline, until);
  if (!recorded) co_return recorded.error();
  announce(recorded->decisions, *metrics_, told_);
  co_return charged_by::us;
}

awaitable<result<domain::order_view>> buy_now::find(persistence::session& on, const domain::order_id& id,
                                                    deadline until) {
  const auto found = co_await on.orders().find({&id, 1}, until);
  if (!found) co_return found.error();
  // Settled a moment ago, so it is there; its absence would be a bug, and must not look like a success.
  if (found->empty()) co_return make_error_code(persistence::database_errc::unusable);
  co_return found->front();
}

}  // namespace ticketd::orders
