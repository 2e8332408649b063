#include "ticketd/orders/charge_orders.hpp"

#include "orders/charge_pacing.hpp"
#include "orders/hold_expirer.hpp"
#include "orders/outcome_recorder.hpp"
#include "ticketd/async/auto_reset_event.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/orders/ask_provider.hpp"
#include "ticketd/orders/payment_transactions.hpp"
#include "ticketd/persistence/payment_claims.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ticketd::orders {
namespace {

using domain::due_payment;
using persistence::with_session;
using steady = std::chrono::steady_clock;

}  // namespace

class charge_orders::implementation : public std::enable_shared_from_this<implementation> {
 public:
  implementation(const asio::any_io_executor& executor, persistence::database& database, payment::gateway* gateway,
                 const domain::clock& clock, domain::ticket_printer& printer, charge_settings settings,
                 commit_listener told, observability::metrics& metrics)
      : executor_(executor),
        database_(database),
        gateway_(gateway),
        clock_(clock),
        settings_(settings),
        metrics_(metrics),
        told_(std::move(told)),
        pacing_(settings),
        holds_(database, clock, settings, [this](auto decisions) { announce(decisions, metrics_, told_); }),
        recorder_(executor, database, printer, settings,
                  {[this](auto decisions) { announce(decisions, metrics_, told_); },
                   [this](auto outcomes) { note_over(outcomes); }}),
        work_(executor),
        refunded_(executor),
        idle_(executor) {}

  void start() {
    spawn("holds.expire", [this] { return holds_.run(); });
    if (gateway_ == nullptr) return;
    spawn("payments.claim", [this] { return claim_and_charge(); });
    spawn("payments.refund", [this] { return claim_and_refund(); });
    spawn("payments.record", [this] { return recorder_.run(); });
    spawn("payments.record_postponed", [this] { return recorder_.run_postponed(); });
  }

  void payments_due() { work_.set(); }

  void stop() {
    is_draining_ = true;
    holds_.stop();
  }

  awaitable<> drain(deadline until) {
    stop();
    while (!is_idle() && steady::now() < until) co_await idle_.wait_until(until);
  }

 private:
  // What is claimed is charged here, so drain() waits for a claim as well.
  class claim_in_hand {
   public:
    explicit claim_in_hand(implementation& of) : of_(of) { ++of_.claims_; }
    ~claim_in_hand() {
      --of_.claims_;
      of_.tell_if_idle();
    }
    claim_in_hand(const claim_in_hand&) = delete;
    claim_in_hand& operator=(const claim_in_hand&) = delete;

   private:
    implementation& of_;
  };

  [[nodiscard]] bool is_idle() const { return claims_ == 0 && pacing_.is_idle(); }

  void tell_if_idle() {
    if (is_idle()) idle_.set();
  }

  void spawn(std::string_view name, std::function<awaitable<>()> work) {
    async::spawn(executor_, name, [self = shared_from_this(), work = std::move(work)] { return work(); });
  }

  awaitable<> claim_and_charge() {
    while (!is_draining_) {
      if (pacing_.is_paused(steady::now())) {
        co_await work_.wait_until(pacing_.paused_until());
      } else if (pacing_.health().is_slowed()) {
        if (pacing_.may_probe()) co_await probe();
        co_await async::pause(executor_, settings_.probe);  // whatever else is due meanwhile
      } else {
        co_await claim_charges_or_wait();
      }
    }
  }

  awaitable<> claim_charges_or_wait() {
    const auto now = steady::now();
    if (pacing_.is_turn_of_refused(now)) co_await try_a_refused_one();
    const std::size_t most = pacing_.charges_to_claim(now);
    bool has_claimed = false;
    if (most > 0) has_claimed = co_await claim_charges(most);
    if (!has_claimed) co_await work_.wait_until(pacing_.next_look(now));
  }

  awaitable<> claim_and_refund() {
    while (!is_draining_) {
      const auto now = steady::now();
      const std::size_t most = pacing_.refunds_to_claim(now);
      bool has_claimed = false;
      if (most > 0) has_claimed = co_await claim_refunds(most);
      if (has_claimed)
        co_await refunded_.wait_until(now + settings_.poll);
      else
        co_await async::pause(executor_, settings_.poll);
    }
  }

  // False if there was nothing to claim.
  awaitable<bool> claim_charges(std::size_t most) {
    const claim_in_hand in_hand(*this);
    const deadline until = deadline_in(settings_.transaction);
    const auto terms = settings_.claiming();
    const auto others = left_alone();
    auto due = co_await with_session(
        database_, until, [&](persistence::session& on) { return on.claims().claim(terms, most, others, until); });
    co_return begin_all(std::move(due));
  }

  awaitable<bool> claim_refunds(std::size_t most) {
    const claim_in_hand in_hand(*this);
    const deadline until = deadline_in(settings_.transaction);
    const auto terms = settings_.claiming();
    auto due = co_await with_session(
        database_, until, [&](persistence::session& on) { return on.claims().claim_refunds(terms, most, until); });
    co_return begin_all(std::move(due));
  }

  // A charge that the provider has not refused yet, whichever: so that those of one buyer, or event, do not stand for
  // all. Where there is none, one that it has.
  awaitable<> probe() {
    const claim_in_hand in_hand(*this);
    const deadline until = deadline_in(settings_.transaction);
    const auto terms = settings_.claiming();
    const auto others = left_alone();
    auto due = co_await with_session(
        database_, until, [&](persistence::session& on) { return on.claims().claim_any_charge(terms, others, until); });
    if (!due) co_return;
    if (due->has_value())
      begin(std::move(**due));
    else
      co_await try_a_refused_one();
  }

  awaitable<> try_a_refused_one() {
    pacing_.note_refused_tried(steady::now());
    const auto& refused = pacing_.health().refused();
    const auto found = std::ranges::find_if_not(
        refused, [this](const auto& charge) { return recorder_.postponed().contains(charge.order); });
    if (found == refused.end()) co_return;
    const auto [order, attempt] = *found;
    const claim_in_hand in_hand(*this);
    const deadline until = deadline_in(settings_.transaction);
    const auto terms = settings_.claiming();
    auto due = co_await with_session(database_, until, [&](persistence::session& on) {
      return on.claims().claim_charge_of(order, attempt, terms, until);
    });
    if (!due) co_return;
    if (due->has_value())
      begin(std::move(**due));
    else
      pacing_.health().forget(order);
  }

  // Whom the provider has refused as wrong, and whose last outcome has yet to be written.
  [[nodiscard]] std::vector<domain::order_id> left_alone() const {
    std::vector<domain::order_id> orders = recorder_.postponed().orders();
    for (const auto& refused : pacing_.health().refused()) orders.push_back(refused.order);
    return orders;
  }

  bool begin_all(result<std::vector<due_payment>> due) {
    if (!due) return false;
    for (auto& payment : *due) begin(std::move(payment));
    return !due->empty();
  }

  void begin(due_payment due) {
    pacing_.begin(due.task);
    async::spawn(executor_, "payment.charge",
                 [self = shared_from_this(), due = std::move(due)] { return self->charge(due); });
  }

  awaitable<> charge(due_payment due) {
    const auto began = steady::now();
    const auto& terms = settings_.attempts;
    const auto reply = co_await ask_provider(*gateway_, std::move(due), terms, clock_.now(), deadline_in(terms.call));
    note_answer(reply, began, steady::now());
    recorder_.take(reply.outcome);
  }

  void note_answer(const provider_reply& reply, deadline began, deadline now) {
    const bool was_slowed = pacing_.health().is_slowed();
    const bool was_paused = pacing_.is_paused(now);
    pacing_.note_answer(reply, began, now);
    if (reply.outcome.task == domain::payment_task::charge)
      metrics_.charges_at_once_max.Set(static_cast<double>(pacing_.charges_at_once_max()));
    if (!was_paused && pacing_.is_paused(now))
      observability::log_info("payments.paused", {{"seconds", reply.pause.count()}});
    if (pacing_.health().is_slowed() != was_slowed) report_slowed(!was_slowed);
  }

  void report_slowed(bool is_slowed) {
    metrics_.charging_slowed.Set(is_slowed ? 1 : 0);
    if (is_slowed)
      observability::log_error("payments.slowed", {{"error", "the provider refuses what we send as wrong"}});
    else
      observability::log_info("payments.go_on");
  }

  void note_over(std::span<const domain::payment_outcome> outcomes) {
    for (const auto& outcome : outcomes) pacing_.end(outcome.task);
    work_.set();
    refunded_.set();
    tell_if_idle();
  }

  asio::any_io_executor executor_;
  persistence::database& database_;
  payment::gateway* gateway_;
  const domain::clock& clock_;
  charge_settings settings_;
  observability::metrics& metrics_;
  commit_listener told_;
  charge_pacing pacing_;
  hold_expirer holds_;
  outcome_recorder recorder_;
  bool is_draining_ = false;
  int claims_ = 0;  // that are under way
  async::auto_reset_event work_;
  async::auto_reset_event refunded_;
  async::auto_reset_event idle_;
};

charge_orders::charge_orders(const asio::any_io_executor& executor, persistence::database& database,
                             payment::gateway* gateway, const domain::clock& clock, domain::ticket_printer& printer,
                             charge_settings settings, commit_listener told, observability::metrics& metrics)
    : implementation_(std::make_shared<implementation>(executor, database, gateway, clock, printer, settings,
                                                       std::move(told), metrics)) {}

charge_orders::~charge_orders() = default;

void charge_orders::payments_due() { implementation_->payments_due(); }
void charge_orders::start() { implementation_->start(); }
void charge_orders::stop() { implementation_->stop(); }
awaitable<> charge_orders::drain(deadline until) { return implementation_->drain(until); }

}  // namespace ticketd::orders
