// A database of a test's own: stores that remember what was written, and fail when they are told to. No SQL and no
// server: the story's own decisions are what is tested on it.
#pragma once

#include "ticketd/domain/order_version.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/erasure_store.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/order_store.hpp"
#include "ticketd/persistence/payment_claims.hpp"
#include "ticketd/persistence/payment_store.hpp"
#include "ticketd/persistence/settlement_store.hpp"
#include "ticketd/persistence/waiting_order_store.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::test {

using persistence::database_errc;

// What the next calls fail with, in turn; nullopt lets one through.
class script_of_failures {
 public:
  script_of_failures& then(std::optional<database_errc> outcome, int times = 1) {
    outcomes_.insert(outcomes_.end(), static_cast<std::size_t>(times), outcome);
    return *this;
  }

  [[nodiscard]] error_code next() {
    if (outcomes_.empty()) return {};
    const auto outcome = outcomes_.front();
    outcomes_.pop_front();
    return outcome ? make_error_code(*outcome) : error_code();
  }

 private:
  std::deque<std::optional<database_errc>> outcomes_;
};

// All that is to be known and done about orders: what is written by one store is read by the other.
class fake_order_store final : public persistence::order_store,
                               public persistence::settlement_store,
                               public persistence::waiting_order_store {
 public:
  domain::settlement_context context;       // what begin() reads
  std::vector<domain::order_view> settled;  // what find() knows
  script_of_failures on_begin, on_commit, on_find;
  // An order that the database refuses for good, in whatever batch it stands.
  std::function<bool(const domain::accepted_order&)> is_poisoned = [](const auto&) { return false; };
  // An event whose rows are refused, for good or as too slow.
  std::map<std::string, database_errc> faulty;
  // Whether a batch of so many is settled in time.
  std::function<bool(std::size_t)> fits = [](std::size_t) { return true; };
  std::vector<std::size_t> batches;  // sizes, as they were begun
  std::vector<std::size_t> asked;    // ids of a find()
  int abandoned = 0;
  domain::new_payment last_payment;
  std::set<std::string> held;                   // events that somebody else has locked
  std::vector<domain::accepted_order> waiting;  // for such an event

  awaitable<result<std::vector<std::string>>> events(deadline) override {
    std::set<std::string> events;
    for (const auto& order : waiting) events.insert(order.event_id);
    co_return std::vector<std::string>(events.begin(), events.end());
  }

  awaitable<result<std::vector<domain::accepted_order>>> orders_of(std::string_view event_id, std::size_t most,
                                                                   deadline) override {
    std::vector<domain::accepted_order> first;
    for (const auto& order : waiting)
      if (order.event_id == event_id && first.size() < most) first.push_back(order);
    co_return first;
  }

  awaitable<result<domain::settlement_reading>> begin(std::span<const domain::accepted_order> orders,
                                                      persistence::lock_wait locks, deadline) override {
    batches.push_back(orders.size());
    if (const auto error = on_begin.next()) co_return error;
    const bool is_held = std::ranges::any_of(orders, [&](const auto& order) { return held.contains(order.event_id); });
    if (is_held && locks != persistence::lock_wait::none) co_return make_error_code(database_errc::lock_timeout);
    domain::settlement_reading read;
    read.context = context;
    for (const auto& order : waiting) {
      read.events_with_waiting.push_back(order.event_id);
      read.waiting_orders.emplace_back(order.id, order.buyer.email);
    }
    if (locks == persistence::lock_wait::none) read.locked = lock(orders);
    co_return read;
  }

  awaitable<result<void>> commit(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                                 domain::order_source from, const domain::new_payment& payment, deadline) override {
    if (const auto error = on_commit.next()) co_return error;
    if (!fits(orders.size())) co_return make_error_code(database_errc::statement_timeout);
    if (const auto error = refusal(orders, allocation)) co_return error;
    last_payment = payment;
    for (const auto& decision : allocation.decisions) {
      const auto& order = orders[decision.order];
      write(order, decision);
      std::erase_if(waiting, [&](const auto& other) { return other.id == order.id; });
    }
    if (from == domain::order_source::queue)
      for (const auto index : allocation.deferred) waiting.push_back(orders[index]);
    else
      std::erase_if(waiting, [&](const auto& other) { return context.known_orders.contains(other.id); });
    co_return result<void>();
  }

  awaitable<result<void>> rehearse(std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                                   domain::order_source, const domain::new_payment&, deadline) override {
    if (const auto error = on_commit.next()) co_return error;
    if (const auto error = refusal(orders, allocation)) co_return error;
    co_return result<void>();
  }

  awaitable<result<std::vector<domain::rehearsal_candidate>>> categories_elsewhere(std::string_view event_id,
                                                                                   deadline) override {
    std::vector<domain::rehearsal_candidate> candidates;
    for (const auto& category : context.categories)
      if (category.event_id != event_id) candidates.push_back({category, has_waiting(category.event_id)});
    co_return candidates;
  }

  awaitable<result<void>> abandon(deadline) override {
    ++abandoned;
    co_return result<void>();
  }

  awaitable<result<std::vector<domain::order_view>>> find(std::span<const domain::order_id> ids, deadline) override {
    asked.push_back(ids.size());
    // As a server does, it lets others run before it answers.
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    if (const auto error = on_find.next()) co_return error;
    std::vector<domain::order_view> found;
    for (const auto& order : settled)
      if (std::ranges::find(ids, order.id) != ids.end()) found.push_back(order);
    co_return found;
  }

  std::vector<std::size_t> asked_for_changes;  // orders of a find_changed()
  awaitable<result<std::vector<domain::order_view>>> find_changed(std::span<const persistence::known_order> known,
                                                                  deadline) override {
    asked_for_changes.push_back(known.size());
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    if (const auto error = on_find.next()) co_return error;
    std::vector<domain::order_view> found;
    for (const auto& order : settled)
      for (const auto& each : known)
        if (order.id == each.id && (domain::version_of(order) > each.version || !domain::may_change(order)))
          found.push_back(order);
    co_return found;
  }

 private:
  [[nodiscard]] bool has_waiting(const std::string& event_id) const {
    return std::ranges::any_of(waiting, [&](const auto& order) { return order.event_id == event_id; });
  }

  [[nodiscard]] domain::locked_rows lock(std::span<const domain::accepted_order> orders) const {
    domain::locked_rows locked;
    for (const auto& order : orders) {
      if (held.contains(order.event_id)) continue;
      locked.events.insert(order.event_id);
      locked.categories.emplace(order.event_id, order.category_id);
    }
    return locked;
  }

  [[nodiscard]] error_code refusal(std::span<const domain::accepted_order> orders,
                                   const domain::allocation& allocation) const {
    for (const auto& decision : allocation.decisions) {
      const auto& order = orders[decision.order];
      if (is_poisoned(order)) return make_error_code(database_errc::constraint_violation);
      const auto found = faulty.find(order.event_id);
      if (found != faulty.end()) return make_error_code(found->second);
    }
    return {};
  }

  void write(const domain::accepted_order& order, const domain::decision& decision) {
    domain::order_view view;
    view.id = order.id;
    view.status = decision.status;
    view.reason = decision.reason;
    view.event_id = order.event_id;
    view.category_id = order.category_id;
    view.quantity = order.quantity;
    view.total = decision.total;
    for (const auto& code : decision.ticket_codes) view.tickets.push_back({"", code});
    settled.push_back(std::move(view));
    context.known_orders.emplace(order.id, order.buyer.email);
  }
};

class fake_payment_store final : public persistence::payment_store, public persistence::payment_claims {
 public:
  std::vector<domain::due_payment> due;  // handed out once
  domain::payment_context context;       // of a recording
  domain::payment_context old_holds;     // until they are ended
  script_of_failures on_claim, on_begin, on_commit;
  // A decision that the database refuses, in whatever batch it stands, and how.
  std::function<bool(const domain::payment_decision&)> is_poisoned = [](const auto&) { return false; };
  database_errc poison = database_errc::constraint_violation;
  std::vector<std::size_t> recordings;  // sizes, as they were begun
  std::vector<domain::payment_decision> written;
  bool is_event_held = false;  // by somebody else, but not until anybody's deadline
  std::chrono::seconds lease{0}, hold{0};

  // An order whose first charge is due.
  void reserve(const domain::charged_order& order) {
    context.orders.push_back(order);
    domain::due_payment payment;
    payment.order = order.id;
    payment.amount = {1000 * order.quantity, "TRY"};
    payment.attempts = order.attempts;
    due.push_back(payment);
  }

  awaitable<result<std::vector<domain::due_payment>>> claim(const persistence::claim_terms& terms, std::size_t most,
                                                            const std::vector<domain::order_id>& passed_over,
                                                            deadline) override {
    if (const auto error = on_claim.next()) co_return error;
    lease = terms.lease;
    hold = terms.hold;
    std::vector<domain::due_payment> taken;
    while (taken.size() < most) {
      auto next = take_due([&](const auto& payment) {
        return payment.task == domain::payment_task::charge && !contains(passed_over, payment.order);
      });
      if (!next) break;
      taken.push_back(std::move(*next));
    }
    co_return taken;
  }

  awaitable<result<std::vector<domain::due_payment>>> claim_refunds(const persistence::claim_terms&, std::size_t most,
                                                                    deadline) override {
    std::vector<domain::due_payment> taken;
    while (taken.size() < most) {
      auto next = take_due([](const auto& payment) { return payment.task != domain::payment_task::charge; });
      if (!next) break;
      taken.push_back(std::move(*next));
    }
    co_return taken;
  }

  awaitable<result<std::optional<domain::due_payment>>> claim_any_charge(
      const persistence::claim_terms&, const std::vector<domain::order_id>& passed_over, deadline) override {
    ++probes;
    if (const auto error = on_claim.next()) co_return error;
    co_return take_due([&](const auto& payment) {
      return payment.task == domain::payment_task::charge && !contains(passed_over, payment.order);
    });
  }

  // Where somebody else has it on lease, it is not among what is due.
  awaitable<result<std::optional<domain::due_payment>>> claim_charge_of(const domain::order_id& order, int,
                                                                        const persistence::claim_terms& terms,
                                                                        deadline) override {
    if (const auto error = on_claim.next()) co_return error;
    lease = terms.lease;
    co_return take_due([&](const auto& payment) { return payment.order == order; });
  }

  int probes = 0;
  persistence::waiting_charges waiting{};
  awaitable<result<persistence::waiting_charges>> count_waiting(std::chrono::milliseconds, deadline) override {
    co_return waiting;
  }

  awaitable<result<domain::payment_reading>> begin_recording(std::span<const domain::order_id> ids,
                                                             persistence::lock_wait locks, deadline) override {
    recordings.push_back(ids.size());
    if (is_event_held) {  // it waits for the lock, and others run meanwhile
      asio::steady_timer lock(co_await asio::this_coro::executor, std::chrono::milliseconds(3));
      co_await lock.async_wait(asio::use_awaitable);
    }
    if (is_event_held && locks == persistence::lock_wait::brief) co_return make_error_code(database_errc::lock_timeout);
    if (const auto error = on_begin.next()) co_return error;
    domain::payment_reading reading{context};
    if (is_event_held && locks == persistence::lock_wait::none) reading.locked.emplace();
    co_return reading;
  }

  awaitable<result<std::vector<std::string>>> events_with_old_holds(std::size_t,
                                                                    const std::vector<std::string>& passed_over,
                                                                    deadline) override {
    std::set<std::string> events;
    for (const auto& order : old_holds.orders) events.insert(order.event_id);
    for (const auto& event_id : passed_over) events.erase(event_id);
    co_return std::vector<std::string>(events.begin(), events.end());
  }

  awaitable<result<domain::payment_context>> begin_expiry(std::span<const std::string> events, std::size_t,
                                                          deadline) override {
    if (const auto error = on_begin.next()) co_return error;
    domain::payment_context read = old_holds;
    std::erase_if(read.orders,
                  [&](const auto& order) { return std::ranges::find(events, order.event_id) == events.end(); });
    co_return read;
  }

  awaitable<result<void>> commit(std::span<const domain::payment_decision> decisions, deadline) override {
    if (const auto error = on_commit.next()) co_return error;
    if (std::ranges::any_of(decisions, is_poisoned)) co_return make_error_code(poison);
    written.insert(written.end(), decisions.begin(), decisions.end());
    for (const auto& decision : decisions)
      std::erase_if(old_holds.orders, [&](const auto& order) { return order.id == decision.order.id; });
    co_return result<void>();
  }

 private:
  static bool contains(const std::vector<domain::order_id>& ids, const domain::order_id& id) {
    return std::ranges::find(ids, id) != ids.end();
  }

  std::optional<domain::due_payment> take_due(const std::function<bool(const domain::due_payment&)>& is_wanted) {
    const auto found = std::ranges::find_if(due, is_wanted);
    if (found == due.end()) return std::nullopt;
    auto taken = std::move(*found);
    due.erase(found);
    return taken;
  }
};

class fake_event_store final : public persistence::event_store {
 public:
  std::optional<domain::event_snapshot> event;
  std::vector<domain::event_snapshot> others;  // that are read together with it
  domain::definition_context context;
  script_of_failures on_read, on_ids;
  int reads = 0;
  std::function<void(int)> after_reads = [](int) {};
  std::optional<domain::define_outcome> committed;
  std::string editor;  // of what was committed
  int abandoned = 0;

  awaitable<result<std::vector<domain::event_snapshot>>> list(deadline) override {
    ++reads;
    if (const auto error = on_read.next()) co_return error;
    std::vector<domain::event_snapshot> all;
    if (event) all.push_back(*event);
    co_return all;
  }

  int id_listings = 0;
  awaitable<result<std::vector<std::string>>> ids(deadline) override {
    ++id_listings;
    if (const auto error = on_ids.next()) co_return error;
    std::vector<std::string> all;
    if (event) all.push_back(event->id);
    co_return all;
  }

  awaitable<result<std::optional<domain::event_snapshot>>> find(std::string_view event_id, deadline) override {
    ++reads;
    if (const auto error = on_read.next()) co_return error;
    if (!event || event->id != event_id) co_return std::optional<domain::event_snapshot>();
    const auto found = event;
    after_reads(reads);
    co_return found;
  }

  awaitable<result<std::vector<domain::event_snapshot>>> find(std::span<const std::string> event_ids,
                                                              deadline) override {
    ++reads;
    if (const auto error = on_read.next()) co_return error;
    std::vector<domain::event_snapshot> found;
    if (event && std::ranges::find(event_ids, event->id) != event_ids.end()) found.push_back(*event);
    for (const auto& other : others)
      if (std::ranges::find(event_ids, other.id) != event_ids.end()) found.push_back(other);
    after_reads(reads);
    co_return found;
  }

  awaitable<result<domain::definition_context>> begin_definition(const domain::event_definition&, deadline) override {
    co_return context;
  }

  awaitable<result<void>> commit_definition(const domain::event_definition& defined, domain::define_outcome outcome,
                                            deadline) override {
    committed = outcome;
    editor = defined.editor;
    co_return result<void>();
  }

  awaitable<result<void>> name_old_secret(std::string_view, deadline) override { co_return result<void>(); }

  awaitable<result<void>> abandon_definition(deadline) override {
    ++abandoned;
    co_return result<void>();
  }
};

class fake_erasure_store final : public persistence::erasure_store {
 public:
  domain::erasure_context context;
  std::vector<std::string> erased;  // addresses
  int abandoned = 0;

  awaitable<result<domain::erasure_context>> begin(std::span<const std::string>, deadline) override {
    co_return context;
  }

  awaitable<result<std::int64_t>> commit(std::span<const std::string> addresses, deadline) override {
    erased.assign(addresses.begin(), addresses.end());
    co_return std::int64_t{1};
  }

  awaitable<result<void>> abandon(deadline) override {
    ++abandoned;
    co_return result<void>();
  }
};

class fake_database final : public persistence::database {
 public:
  fake_order_store orders;
  fake_payment_store payments;
  fake_event_store events;
  fake_erasure_store erasures;
  script_of_failures on_acquire;
  domain::timestamp time{};
  bool is_hanging = false;  // whoever asks waits until the deadline
  int sessions_out = 0;

  awaitable<result<std::unique_ptr<persistence::session>>> acquire(deadline until) override {
    if (const auto error = on_acquire.next()) co_return error;
    if (is_hanging) {
      asio::steady_timer never(co_await asio::this_coro::executor, until);
      co_await never.async_wait(asio::use_awaitable);
      co_return make_error_code(database_errc::pool_wait_timeout);
    }
    co_return std::make_unique<lent>(*this);
  }
  bool is_reachable() const noexcept override { return true; }
  awaitable<result<void>> migrate(deadline) override { co_return result<void>(); }

 private:
  class lent final : public persistence::session {
   public:
    explicit lent(fake_database& of) : of_(of) { ++of_.sessions_out; }
    lent(const lent&) = delete;
    lent& operator=(const lent&) = delete;
    ~lent() override { --of_.sessions_out; }
    persistence::order_store& orders() noexcept override { return of_.orders; }
    persistence::settlement_store& settlement() noexcept override { return of_.orders; }
    persistence::waiting_order_store& waiting_orders() noexcept override { return of_.orders; }
    persistence::payment_claims& claims() noexcept override { return of_.payments; }
    persistence::payment_store& payments() noexcept override { return of_.payments; }
    persistence::event_store& events() noexcept override { return of_.events; }
    persistence::erasure_store& erasures() noexcept override { return of_.erasures; }
    awaitable<result<domain::timestamp>> time(deadline) override { co_return of_.time; }

   private:
    fake_database& of_;
  };
};

}  // namespace ticketd::test
