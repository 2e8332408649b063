#include "ticketd/orders/charge_orders.hpp"

#include "orders/charge_health.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/troubled_events.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace ticketd::orders {
namespace {

using namespace std::chrono_literals;
using domain::due_payment;
using domain::payment_decision;
using domain::payment_outcome;
using domain::payment_result;
using domain::payment_task;

std::chrono::milliseconds wait_before_attempt(const due_payment& due, const charge_settings& settings) {
  constexpr int doublings_max = 20;
  const auto most = due.task == payment_task::follow_refund ? settings.follow_most : settings.retry_most;
  return std::min(settings.retry_first * (1 << std::clamp(due.attempts - 1, 0, doublings_max)), most);
}

// After the provider's memory of the key a repeat would be another charge. Before, every other attempt at a charge in
// doubt is a look-up: a repeat may hang, or hear the same, for ever.
awaitable<payment::charge_answer> charge_or_look_up(payment::gateway& gateway, const payment::charge_request& request,
                                                    int attempt, const charge_settings& settings, domain::timestamp now,
                                                    deadline until) {
  const auto age = now - request.first_asked_at.value_or(now);
  payment::charge_answer answer;
  const bool is_turn_of_look_up = request.is_in_doubt && attempt >= 3 && attempt % 2 == 1;
  if (age < settings.key_memory && !is_turn_of_look_up) {
    answer = co_await gateway.charge(request, until);
    co_return answer;
  }
  answer = co_await gateway.look_up(request, until);
  // An earlier call may still be at work on it: until it must be over, only a success is an end.
  const bool is_young = age < settings.call * 6;
  const bool may_change = answer.result == payment_result::declined || answer.result == payment_result::our_mistake;
  if (is_young && may_change) answer.result = payment_result::unknown;
  const bool is_certain = age >= settings.key_memory + settings.look_up_lag;
  if (answer.result == payment_result::absent && !is_certain) answer.result = payment_result::unknown;
  co_return answer;
}

}  // namespace

awaitable<provider_reply> ask_provider(payment::gateway& gateway, due_payment due, const charge_settings& settings,
                                       domain::timestamp now, deadline until) {
  const payment::charge_request request{.order = due.order,
                                        .amount = due.amount,
                                        .traceparent = due.traceparent,
                                        .payment_method = due.payment_method,
                                        .first_asked_at = due.first_asked_at,
                                        .is_in_doubt = due.attempts_not_done < due.attempts - 1};
  payment::charge_answer answer;
  switch (due.task) {
    case payment_task::charge:
      answer = co_await charge_or_look_up(gateway, request, due.attempts, settings, now, until);
      break;
    case payment_task::refund:
      answer = co_await gateway.refund(request, due.intent_id, until);
      break;
    case payment_task::follow_refund:
      answer = co_await gateway.follow_refund(request, due.refund_id, until);
      break;
  }
  provider_reply reply;
  reply.pace = answer.pace;
  reply.pause = std::min(answer.retry_after, settings.pause_most);
  reply.outcome = {.order = due.order,
                   .task = due.task,
                   .result = answer.result,
                   .attempt = due.attempts,
                   .intent_id = answer.intent_id,
                   .refund_id = answer.refund_id,
                   .ask_again = std::max<std::chrono::milliseconds>(wait_before_attempt(due, settings), reply.pause)};
  co_return reply;
}

namespace {

awaitable<result<recorded_outcomes>> try_to_record(persistence::payment_store& store, domain::ticket_printer& printer,
                                                   std::span<const payment_outcome> outcomes,
                                                   persistence::lock_wait locks, deadline until) {
  std::vector<domain::order_id> ids;
  for (const auto& outcome : outcomes) ids.push_back(outcome.order);
  auto context = co_await store.begin_recording(ids, locks, until);
  if (!context) co_return context.error();
  recorded_outcomes recorded;
  for (const auto& order : context->passed_over) recorded.passed_over.push_back(order.id);
  recorded.decisions = domain::settle_payments(std::move(*context), outcomes, printer);
  const auto committed = co_await store.commit(recorded.decisions, until);
  if (!committed) co_return committed.error();
  co_return recorded;
}

}  // namespace

awaitable<result<recorded_outcomes>> record_outcomes(persistence::payment_store& store, domain::ticket_printer& printer,
                                                     std::span<const payment_outcome> outcomes, deadline until) {
  auto recorded = co_await try_to_record(store, printer, outcomes, persistence::lock_wait::brief, until);
  const bool is_held_up = !recorded && recorded.error() == persistence::database_errc::lock_timeout;
  if (!is_held_up) co_return recorded;
  auto passed_over = co_await try_to_record(store, printer, outcomes, persistence::lock_wait::none, until);
  co_return passed_over;
}

awaitable<result<std::vector<payment_decision>>> expire_old_holds(persistence::payment_store& store,
                                                                  std::span<const std::string> events, std::size_t most,
                                                                  deadline until) {
  auto context = co_await store.begin_expiry(events, most, until);
  if (!context) co_return context.error();
  auto decisions = domain::expire_holds(std::move(*context));
  const auto committed = co_await store.commit(decisions, until);
  if (!committed) co_return committed.error();
  co_return decisions;
}

void report_decisions(std::span<const payment_decision> decisions, observability::metrics& metrics) {
  for (const auto& decision : decisions)
    if (decision.has_new_status) metrics.record_order(to_string(decision.order.status), to_string(decision.reason));
}

class charge_orders::implementation : public std::enable_shared_from_this<implementation> {
 public:
  implementation(const asio::any_io_executor& executor, persistence::database& database, payment::gateway* gateway,
                 const domain::clock& clock, domain::ticket_printer& printer, charge_settings settings,
                 std::function<void(const std::string&)> stock_changed, observability::metrics& metrics)
      : executor_(executor),
        database_(database),
        gateway_(gateway),
        clock_(clock),
        printer_(printer),
        settings_(settings),
        window_(settings.window),
        rate_(settings.a_second),
        stock_changed_(std::move(stock_changed)),
        troubled_(settings.event_pauses),
        metrics_(metrics),
        work_(executor),
        outcome_(executor),
        refunded_(executor),
        poll_(executor),
        idle_(executor) {}

  void start() {
    spawn("holds.expire", &implementation::expire_holds);
    if (gateway_ == nullptr) return;
    spawn("payments.claim", &implementation::claim_and_charge);
    spawn("payments.refund", &implementation::claim_and_refund);
    spawn("payments.record", &implementation::record_outcomes);
    spawn("payments.record_held_back", &implementation::record_held_back);
  }

  void payments_due() { work_.set(); }

  awaitable<> drain(deadline until) {
    is_draining_ = true;
    while (in_flight_ + refunds_in_flight_ > 0 && std::chrono::steady_clock::now() < until)
      co_await idle_.wait_until(until);
  }

 private:
  void spawn(std::string_view name, awaitable<> (implementation::*loop)()) {
    async::spawn(executor_, name, [self = shared_from_this(), loop] { return ((*self).*loop)(); });
  }

  // Claims when a quarter of the window is free, so that a claim, too, is shared by many payments.
  awaitable<> claim_and_charge() {
    while (!is_draining_) {
      const auto now = std::chrono::steady_clock::now();
      if (now < paused_until_) {
        co_await work_.wait_until(paused_until_);
        continue;
      }
      if (health_.is_slowed()) {
        if (in_flight_ == 0) co_await probe();
        co_await async::pause(executor_, settings_.probe);  // whatever else is due meanwhile
        continue;
      }
      if (now >= suspect_due_at_) co_await try_a_suspect();
      const std::size_t most = std::min(free_places(), rate_.available(now));
      bool has_claimed = false;
      if (most > 0) has_claimed = co_await claim(most);
      if (!has_claimed) co_await work_.wait_until(next_look(now));
    }
  }

  // None where less than a quarter of the window is free.
  [[nodiscard]] std::size_t free_places() const {
    const std::size_t free = window_.size() - std::min(in_flight_, window_.size());
    return free * 4 < window_.size() ? 0 : free;
  }

  [[nodiscard]] deadline next_look(deadline now) {
    const deadline next = rate_.next(now);
    return next > now ? next : now + settings_.poll;
  }

  // False if there was nothing to claim.
  awaitable<bool> claim(std::size_t most) {
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return false;
    auto due = co_await (*session)->payments().claim(settings_.claiming(), most, left_alone(), until);
    session->reset();
    if (!due) co_return false;
    for (auto& payment : *due) begin(std::move(payment));
    co_return !due->empty();
  }

  // Refunds have a few places of their own: one that hangs takes none of a charge's, nor does a charge that is refused.
  awaitable<> claim_and_refund() {
    while (!is_draining_) {
      const auto now = std::chrono::steady_clock::now();
      bool has_claimed = false;
      if (now >= paused_until_) has_claimed = co_await claim_refunds(now);
      if (has_claimed)
        co_await refunded_.wait_until(now + settings_.poll);
      else
        co_await async::pause(executor_, settings_.poll);
    }
  }

  // False if there was nothing to claim, or no place for it.
  awaitable<bool> claim_refunds(deadline now) {
    const std::size_t free = settings_.refunds_at_once - std::min(refunds_in_flight_, settings_.refunds_at_once);
    const std::size_t most = std::min(free, rate_.available(now));
    if (most == 0) co_return false;
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return false;
    auto due = co_await (*session)->payments().claim_refunds(settings_.claiming(), most, until);
    session->reset();
    if (!due) co_return false;
    for (auto& payment : *due) begin(std::move(payment));
    co_return !due->empty();
  }

  // One that the provider has not refused yet, whichever: so that those of one buyer, or event, do not stand for all.
  // Where there is none, one that it has.
  awaitable<> probe() {
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return;
    auto due = co_await (*session)->payments().claim_any_charge(settings_.claiming(), left_alone(), until);
    session->reset();
    if (!due) co_return;
    if (due->has_value())
      begin(std::move(**due));
    else
      co_await try_a_suspect();
  }

  awaitable<> try_a_suspect() {
    suspect_due_at_ = deadline_in(settings_.probe);
    const auto& suspects = health_.suspects();
    const auto found = std::ranges::find_if_not(suspects, [this](const auto& order) { return is_held_back(order); });
    if (found == suspects.end()) co_return;
    const domain::order_id suspect = *found;
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return;
    auto due = co_await (*session)->payments().claim_charge_of(suspect, settings_.claiming(), until);
    session->reset();
    if (!due) co_return;
    if (due->has_value())
      begin(std::move(**due));
    else
      health_.forget(suspect);
  }

  // Whom the provider has refused as wrong, and whose last outcome has yet to be written.
  [[nodiscard]] std::vector<domain::order_id> left_alone() const {
    std::vector<domain::order_id> orders = health_.suspects();
    for (const auto* outcomes : {&held_back_, &in_hand_})
      for (const auto& outcome : *outcomes) orders.push_back(outcome.order);
    return orders;
  }

  [[nodiscard]] bool is_held_back(const domain::order_id& order) const {
    const auto is_of = [&](const payment_outcome& outcome) { return outcome.order == order; };
    return std::ranges::any_of(held_back_, is_of) || std::ranges::any_of(in_hand_, is_of);
  }

  void begin(due_payment due) {
    rate_.take(1);
    ++places_of(due.task);
    async::spawn(executor_, "payment.charge",
                 [self = shared_from_this(), due = std::move(due)] { return self->charge(due); });
  }

  awaitable<> charge(due_payment due) {
    const auto began = std::chrono::steady_clock::now();
    const auto reply =
        co_await ask_provider(*gateway_, std::move(due), settings_, clock_.now(), deadline_in(settings_.call));
    if (reply.outcome.task == payment_task::charge) {
      window_.note(reply.pace, began, in_flight_, std::chrono::steady_clock::now());
      metrics_.charges_at_once_max.Set(static_cast<double>(window_.size()));
      note_health(reply.outcome);
    }
    if (reply.pause.count() > 0) pause_claims(reply.pause);
    outcomes_.push_back(reply.outcome);
    outcome_.set();
  }

  // Nothing is asked of a provider that asks for a pause, until it is over.
  void pause_claims(std::chrono::seconds pause) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= paused_until_) observability::log_info("payments.paused", {{"seconds", pause.count()}});
    paused_until_ = std::max(paused_until_, now + pause);
  }

  void note_health(const payment_outcome& outcome) {
    const bool was_slowed = health_.is_slowed();
    health_.note(outcome.order, outcome.result, std::chrono::steady_clock::now());
    if (health_.is_slowed() == was_slowed) return;
    metrics_.charging_slowed.Set(was_slowed ? 0 : 1);
    if (!was_slowed)
      observability::log_error("payments.slowed", {{"error", "the provider refuses what we send as wrong"}});
    else
      observability::log_info("payments.go_on");
  }

  [[nodiscard]] std::size_t& places_of(payment_task task) {
    return task == payment_task::charge ? in_flight_ : refunds_in_flight_;
  }

  // Outcomes that come in while a transaction runs share the next one.
  awaitable<> record_outcomes() {
    for (;;) {
      co_await outcome_.wait_until(deadline::max());
      const auto began = std::chrono::steady_clock::now();
      auto batch = std::exchange(outcomes_, {});
      while (!batch.empty()) {
        unrecorded left;
        co_await record_all(batch, left);
        const bool is_over =
            left.outcomes.size() < batch.size() || std::chrono::steady_clock::now() - began >= settings_.refused_most;
        if (left.are_refused && is_over) give_up(std::exchange(left, {}));
        for (const auto& outcome : batch) --places_of(outcome.task);
        batch = std::move(left.outcomes);
        for (const auto& outcome : batch) ++places_of(outcome.task);
        note_recorded();
        if (batch.empty()) break;
        co_await pause_after_failure();
        batch.insert(batch.end(), outcomes_.begin(), outcomes_.end());
        outcomes_.clear();
      }
    }
  }

  struct unrecorded {
    std::vector<payment_outcome> outcomes{};
    bool are_refused = true;  // each alone, by a database that is there
    error_code why{};
  };

  // What the database does not take together it may take apart: of one order or event it may refuse everything.
  awaitable<> record_all(std::span<const payment_outcome> batch, unrecorded& left) {
    const error_code error = co_await record(batch);
    if (!error) co_return;
    const bool is_refused = persistence::may_be_the_rows(error);
    if (is_refused && batch.size() > 1) {
      co_await record_all(batch.first(batch.size() / 2), left);
      co_await record_all(batch.subspan(batch.size() / 2), left);
      co_return;
    }
    left.outcomes.insert(left.outcomes.end(), batch.begin(), batch.end());
    left.are_refused = left.are_refused && is_refused;
    left.why = error;
  }

  // Their leases run out, and the provider is asked again.
  void give_up(const unrecorded& refused) {
    for (const auto& outcome : refused.outcomes) {
      observability::log_error("payment.not_recorded",
                               {{"order_id", outcome.order.to_string()}, {"error", refused.why.message()}});
      hold_back(outcome);
    }
  }

  // That nothing was charged, nobody would say again when the provider is asked after the hold is over: it is written
  // when it can be, and the order left alone until then.
  void hold_back(const payment_outcome& outcome) {
    const bool is_certain = outcome.task == payment_task::charge && domain::is_certainly_not_done(outcome.result);
    if (is_certain && held_back_.size() < settings_.held_back_max) held_back_.push_back(outcome);
  }

  // Beside the others, who are not to wait for these.
  awaitable<> record_held_back() {
    for (;;) {
      co_await async::pause(executor_, settings_.held_back_retry);
      in_hand_ = std::exchange(held_back_, {});
      unrecorded left;
      if (!in_hand_.empty()) co_await record_all(in_hand_, left);
      for (const auto& outcome : left.outcomes) hold_back(outcome);
      in_hand_.clear();
    }
  }

  void note_recorded() {
    work_.set();
    refunded_.set();
    if (in_flight_ + refunds_in_flight_ == 0) idle_.set();
  }

  awaitable<error_code> record(std::span<const payment_outcome> batch) {
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return session.error();
    const auto recorded = co_await orders::record_outcomes((*session)->payments(), printer_, batch, until);
    if (!recorded) co_return recorded.error();
    announce(recorded->decisions);
    const std::set<domain::order_id> passed_over(recorded->passed_over.begin(), recorded->passed_over.end());
    for (const auto& outcome : batch)
      if (passed_over.contains(outcome.order)) hold_back(outcome);
    co_return error_code();
  }

  awaitable<> pause_after_failure() { co_await async::pause(executor_, settings_.database_pause); }

  awaitable<> expire_holds() {
    while (!is_draining_) {
      // Not within the condition: GCC 12 resumes such a coroutine in the wrong place.
      const std::size_t expired = co_await expire_some_holds();
      if (expired < settings_.holds_batch_max) co_await poll_.wait_until(deadline_in(settings_.poll));
    }
  }

  // How many; 0 where the database is away. An event that somebody holds must not hide the others: many more holds are
  // looked at than are ended at once.
  awaitable<std::size_t> expire_some_holds() {
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return 0;
    const auto pausing = troubled_.pausing(std::chrono::steady_clock::now());
    const auto events =
        co_await (*session)->payments().events_with_old_holds(20 * settings_.holds_batch_max, pausing, until);
    session->reset();
    if (!events || events->empty()) co_return 0;
    co_return co_await expire_holds_of(*events);
  }

  // One event whose rows the database refuses, or somebody holds, is found by halving, and is tried again after the
  // others.
  awaitable<std::size_t> expire_holds_of(std::span<const std::string> events) {
    const deadline until = deadline_in(settings_.transaction);
    auto session = co_await database_.acquire(until);
    if (!session) co_return 0;
    const auto expired = co_await expire_old_holds((*session)->payments(), events, settings_.holds_batch_max, until);
    session->reset();
    if (expired) {
      for (const auto& event_id : events) troubled_.recovered(event_id, std::chrono::steady_clock::now());
      announce(*expired);
      co_return expired->size();
    }
    if (!persistence::may_be_the_rows(expired.error())) co_return 0;
    if (events.size() > 1) {
      const auto some = co_await expire_holds_of(events.first(events.size() / 2));
      const auto others = co_await expire_holds_of(events.subspan(events.size() / 2));
      co_return some + others;
    }
    if (troubled_.failed(events.front(), std::chrono::steady_clock::now()))
      observability::log_warning("holds.not_ended", {{"event", events.front()}, {"error", expired.error().message()}});
    co_return 0;
  }

  void announce(std::span<const payment_decision> decisions) {
    report_decisions(decisions, metrics_);
    std::set<std::string> events;
    for (const auto& decision : decisions)
      if (decision.has_new_status) events.insert(decision.order.event_id);
    for (const auto& event_id : events) stock_changed_(event_id);
  }

  asio::any_io_executor executor_;
  persistence::database& database_;
  payment::gateway* gateway_;
  const domain::clock& clock_;
  domain::ticket_printer& printer_;
  charge_settings settings_;
  charge_window window_;
  charge_rate rate_;
  deadline paused_until_{};
  std::function<void(const std::string&)> stock_changed_;
  charge_health health_;
  troubled_events troubled_;  // their holds cannot be ended
  deadline suspect_due_at_{};
  observability::metrics& metrics_;

  std::size_t in_flight_ = 0;  // charges, until their outcome is written
  std::size_t refunds_in_flight_ = 0;
  std::vector<payment_outcome> outcomes_;
  std::vector<payment_outcome> held_back_;  // whose rows somebody holds, or the database refuses
  std::vector<payment_outcome> in_hand_;    // of these, while they are tried again
  bool is_draining_ = false;
  async::auto_reset_event work_;
  async::auto_reset_event outcome_;
  async::auto_reset_event refunded_;
  async::auto_reset_event poll_;
  async::auto_reset_event idle_;
};

charge_orders::charge_orders(const asio::any_io_executor& executor, persistence::database& database,
                             payment::gateway* gateway, const domain::clock& clock, domain::ticket_printer& printer,
                             charge_settings settings, std::function<void(const std::string&)> stock_changed,
                             observability::metrics& metrics)
    : implementation_(std::make_shared<implementation>(executor, database, gateway, clock, printer, settings,
                                                       std::move(stock_changed), metrics)) {}

charge_orders::~charge_orders() = default;

void charge_orders::payments_due() { implementation_->payments_due(); }
void charge_orders::start() { implementation_->start(); }
awaitable<> charge_orders::drain(deadline until) { return implementation_->drain(until); }

}  // namespace ticketd::orders
