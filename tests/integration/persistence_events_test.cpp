// Events and their categories, on a real PostgreSQL.
#include "support/stores.hpp"

using namespace ticketd;
using domain::define_mode;
using domain::define_outcome;

namespace {

define_outcome define(test::stores& stores, const domain::event_definition& event,
                      define_mode mode = define_mode::create_or_replace) {
  return stores.define(event, mode);
}

std::optional<domain::event_snapshot> find(test::stores& stores, const std::string& id) {
  std::optional<domain::event_snapshot> event;
  stores.with_session([&](persistence::session& session) -> awaitable<> {
    auto found = co_await session.events().find(id, test::soon());
    REQUIRE(found.has_value());
    event = std::move(*found);
  });
  return event;
}

}  // namespace

TEST_CASE("an event reads back as it was defined", "[persistence][integration]") {
  test::stores stores;
  auto event = test::gig(100);
  event.name = "L'été \"live\" \\ {🎟}";
  REQUIRE(define(stores, event) == define_outcome::created);
  const auto found = find(stores, "gig");
  REQUIRE(found.has_value());
  REQUIRE(found->name == event.name);
  REQUIRE(found->venue == event.venue);
  REQUIRE(found->starts_at == event.starts_at);
  REQUIRE(found->sale == event.sale);
  REQUIRE(found->max_per_buyer == event.max_per_buyer);
  REQUIRE(found->revision == 1);
  REQUIRE(found->as_of > domain::now() - std::chrono::minutes(1));
  REQUIRE(found->categories.size() == 2);
  REQUIRE(found->categories[0].id == "standing");
  REQUIRE(found->categories[0].price == domain::money{50000, "TRY"});
  REQUIRE(found->categories[0].remaining == 100);
  REQUIRE_FALSE(find(stores, "no-such-event"));
}

TEST_CASE("events are listed by start, each with what is left", "[persistence][integration]") {
  test::stores stores;
  auto later = test::gig(5);
  later.id = "a-later-one";
  later.starts_at += std::chrono::hours(1);
  stores.define(later);
  stores.define(test::gig(7));
  stores.settle({stores.order("standing", 2)}, domain::payment_mode::charge);
  stores.with_session([](persistence::session& session) -> awaitable<> {
    const auto events = co_await session.events().list(test::soon());
    REQUIRE(events.has_value());
    REQUIRE(events->size() == 2);
    REQUIRE((*events)[0].id == "gig");
    REQUIRE((*events)[0].categories[0].remaining == 5);
    REQUIRE((*events)[0].revision == 2);
    REQUIRE((*events)[1].id == "a-later-one");
  });
}

TEST_CASE("a definition replaces, reorders and retires", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  auto event = test::gig(50);
  event.categories = {{"balcony", "Balcony", {1, "TRY"}, 5}, event.categories[0]};
  REQUIRE(define(stores, event) == define_outcome::replaced);
  auto found = find(stores, "gig");
  REQUIRE(found->revision == 2);
  REQUIRE(found->categories.size() == 2);
  REQUIRE(found->categories[0].id == "balcony");
  REQUIRE(found->categories[1].capacity == 50);

  // An order that was in the queue for the retired category is as little available as one for nonsense.
  const auto settled =
      stores.settle({stores.order("free", 1), stores.order("no-such", 1)}, domain::payment_mode::charge);
  REQUIRE(settled.decisions.size() == 2);
  REQUIRE(settled.decisions[0].reason == domain::order_reason::not_available);
  REQUIRE(settled.decisions[1].reason == domain::order_reason::not_available);
  REQUIRE(stores.sql("SELECT count(*) FROM orders WHERE reason = 'not_available' AND category_id = 'no-such'") == "1");

  event.categories.push_back({"free", "Free again", {0, "TRY"}, 3});
  REQUIRE(define(stores, event) == define_outcome::replaced);
  found = find(stores, "gig");
  REQUIRE(found->categories.size() == 3);
  REQUIRE(found->categories[2].remaining == 3);
}

TEST_CASE("only_if_absent leaves an event as it is", "[persistence][integration]") {
  test::stores stores;
  REQUIRE(define(stores, test::gig(100), define_mode::only_if_absent) == define_outcome::created);
  REQUIRE(define(stores, test::gig(7), define_mode::only_if_absent) == define_outcome::left_as_it_is);
  REQUIRE(find(stores, "gig")->categories[0].capacity == 100);
  REQUIRE(find(stores, "gig")->revision == 1);
}

TEST_CASE("what is sold or held cannot be defined away", "[persistence][integration]") {
  test::stores stores;
  stores.define(test::gig(100));
  stores.settle({stores.order("standing", 3)}, domain::payment_mode::charge);
  stores.settle({stores.order("standing", 2)}, domain::payment_mode::confirm_at_once);
  auto event = test::gig(5);
  SECTION("just enough capacity is fine") { REQUIRE(define(stores, event) == define_outcome::replaced); }
  SECTION("too little is a conflict") { event.categories[0].capacity = 4; }
  SECTION("so is leaving the category out") { event.categories.erase(event.categories.begin()); }
  SECTION("and another currency") { event.categories[0].price.currency = "EUR"; }
  const bool is_a_conflict = event.categories[0].id != "standing" || event.categories[0].capacity == 4 ||
                             event.categories[0].price.currency == "EUR";
  if (is_a_conflict) {
    const auto before = find(stores, "gig")->revision;
    REQUIRE(define(stores, event) == define_outcome::capacity_conflict);
    REQUIRE(find(stores, "gig")->revision == before);
    REQUIRE(find(stores, "gig")->categories[0].capacity == 100);
  }
}

TEST_CASE("an event keeps the secret that it was made under, and one of before is named once",
          "[persistence][integration]") {
  test::stores stores;
  auto event = test::gig(100);
  event.secret_generation = "0123456789abcdef";
  stores.define(event);
  event.secret_generation = "fedcba9876543210";
  REQUIRE(define(stores, event) == define_outcome::replaced);
  REQUIRE(find(stores, "gig")->secret_generation == "0123456789abcdef");

  auto of_before = test::gig(100);
  of_before.id = "of-before";
  stores.define(of_before);
  REQUIRE(stores.sql("SELECT secret_generation IS NULL FROM events WHERE id = 'of-before'") == "t");
  REQUIRE(find(stores, "of-before")->secret_generation.empty());
  for (const char* secret : {"1111111111111111", "2222222222222222"})
    stores.with_session([&](persistence::session& session) -> awaitable<> {
      const auto named = co_await session.events().name_old_secret(secret, test::soon());
      REQUIRE(named.has_value());
    });
  REQUIRE(find(stores, "of-before")->secret_generation == "1111111111111111");
  REQUIRE(find(stores, "gig")->secret_generation == "0123456789abcdef");
}

TEST_CASE("an edit is written down with its editor, its time and what it changed, if it changed anything",
          "[persistence][integration]") {
  test::stores stores;
  auto event = test::gig(100);
  event.editor = "ada";
  stores.define(event);
  event.editor = "bob";
  stores.define(event);  // nothing is another
  REQUIRE(stores.sql("SELECT count(*) FROM event_edits") == "1");
  REQUIRE(stores.sql("SELECT editor || (was IS NULL) || (edited_at > now() - interval '1 minute') FROM event_edits") ==
          "adatruetrue");
  event.venue = "Another hall";
  event.categories[0].price.amount = 60000;
  event.categories.pop_back();
  REQUIRE(define(stores, event) == define_outcome::replaced);
  REQUIRE(
      stores.sql("SELECT string_agg(editor || ': ' || member, ', ' ORDER BY member) FROM event_changes WHERE edit_no = "
                 "(SELECT max(edit_no) FROM event_edits)") == "bob: category free, bob: category standing, bob: venue");
  REQUIRE(stores.sql(
              "SELECT was::text || ' ' || became::text FROM event_changes WHERE member = 'venue' AND editor = 'bob'") ==
          "\"Hall\" \"Another hall\"");
  REQUIRE(stores.sql("SELECT became IS NULL FROM event_changes WHERE member = 'category free' AND editor = 'bob'") ==
          "t");
  // What is refused is none, and the next edit is not taken for it.
  stores.settle({stores.order("standing", 3)}, domain::payment_mode::charge);
  event.editor = "eve";
  event.categories[0].capacity = 1;
  REQUIRE(define(stores, event) == define_outcome::capacity_conflict);
  REQUIRE(stores.sql("SELECT count(*) FROM event_edits WHERE editor = 'eve'") == "0");
}
