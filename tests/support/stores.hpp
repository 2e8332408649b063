// What a test of the stores stands on: a fresh, migrated database with a pool on it, and orders to settle.
#pragma once

#include "support/fresh_database.hpp"
#include "support/gig.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/settlement_reading.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/persistence/database.hpp"
#include "ticketd/persistence/event_store.hpp"
#include "ticketd/persistence/order_store.hpp"
#include "ticketd/persistence/payment_store.hpp"
#include "ticketd/persistence/settlement_store.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::test {

inline deadline soon() { return deadline_in(std::chrono::seconds(10)); }

class stores {
 public:
  // `way` makes of the database's URL the one that leads there.
  explicit stores(
      std::size_t connections = 4,
      const std::function<std::string(const std::string&)>& way = [](const std::string& url) { return url; }) {
    persistence::database_settings settings;
    settings.url = way(fresh.url());
    settings.instance = "test";
    settings.connections = connections;
    database = persistence::make_database(io.get_executor(), settings, metrics);
    REQUIRE(run_coroutine(io, database->migrate(soon())).has_value());
  }

  void run(awaitable<> body) { run_coroutine(io, std::move(body)); }

  void with_session(std::function<awaitable<>(persistence::session&)> body) {
    const auto whole = [this, &body]() -> awaitable<> {
      auto session = co_await database->acquire(soon());
      REQUIRE(session.has_value());
      co_await body(**session);
    };
    run(whole());
  }

  // Begin, decide, commit or abandon.
  domain::define_outcome define(const domain::event_definition& event,
                                domain::define_mode mode = domain::define_mode::create_or_replace) {
    auto outcome = domain::define_outcome::capacity_conflict;
    with_session([&](persistence::session& session) -> awaitable<> {
      const auto context = co_await session.events().begin_definition(event, soon());
      REQUIRE(context.has_value());
      outcome = domain::decide_definition(event, *context, mode);
      const bool is_to_be_written =
          outcome == domain::define_outcome::created || outcome == domain::define_outcome::replaced;
      result<void> ended;
      if (is_to_be_written)
        ended = co_await session.events().commit_definition(event, outcome, soon());
      else
        ended = co_await session.events().abandon_definition(soon());
      REQUIRE(ended.has_value());
    });
    return outcome;
  }

  // Begin, allocate, print, commit.
  awaitable<result<domain::allocation>> settle(persistence::session& session,
                                               const std::vector<domain::accepted_order>& orders,
                                               domain::payment_mode pay) {
    auto& store = session.settlement();
    auto reading = co_await store.begin(orders, persistence::lock_wait::until_deadline, soon());
    if (!reading) co_return reading.error();
    auto context = domain::context_of(std::move(*reading), orders, domain::order_source::queue);
    auto allocation = domain::allocate(std::move(context), orders, pay);
    domain::print_tickets(allocation, orders, printer);
    const auto committed =
        co_await store.commit(orders, allocation, domain::order_source::queue, domain::begin_payment(hold), soon());
    if (!committed) co_return committed.error();
    co_return allocation;
  }

  domain::allocation settle(const std::vector<domain::accepted_order>& orders, domain::payment_mode pay) {
    domain::allocation settled;
    with_session([&](persistence::session& session) -> awaitable<> {
      auto allocation = co_await settle(session, orders, pay);
      REQUIRE(allocation.has_value());
      settled = std::move(*allocation);
    });
    return settled;
  }

  domain::order_view find(const domain::order_id& id) {
    domain::order_view view;
    with_session([&](persistence::session& session) -> awaitable<> {
      const std::vector<domain::order_id> ids{id};
      auto found = co_await session.orders().find(ids, soon());
      REQUIRE(found.has_value());
      REQUIRE(found->size() == 1);
      view = std::move(found->front());
    });
    return view;
  }

  domain::accepted_order order(const std::string& category, int quantity, const std::string& email) {
    const auto id = mint.mint_random({domain::id_layout::by_event, "gig", email});
    auto order = order_of_gig(id, domain::now(), quantity, email);
    order.category_id = category;
    return order;
  }

  domain::accepted_order order(const std::string& category, int quantity) {
    return order(category, quantity, "buyer" + std::to_string(++buyers_) + "@example.com");
  }

  fresh_database fresh;
  asio::io_context io;
  observability::metrics metrics;
  domain::order_id_mint mint = make_mint();
  domain::ticket_printer printer = make_printer();
  domain::hold_terms hold;
  std::unique_ptr<persistence::database> database;
  plain_sql sql = fresh.connect();

 private:
  int buyers_ = 0;
};

// On sale now: "standing" at 500.00 TRY and "free" at nothing.
inline domain::event_definition gig(int standing, int max_per_buyer = 10) {
  domain::event_definition event;
  event.id = "gig";
  event.name = "Gig";
  event.venue = "Hall";
  event.starts_at = domain::now() + std::chrono::hours(48);
  event.sale = {domain::now() - std::chrono::hours(1), domain::now() + std::chrono::hours(24)};
  event.max_per_buyer = max_per_buyer;
  event.categories = {{"standing", "Standing", {50000, "TRY"}, standing}, {"free", "Free", {0, "TRY"}, 1000}};
  return event;
}

}  // namespace ticketd::test
