#include "persistence/pipeline.hpp"
#include "persistence/postgres_stores.hpp"

#include <algorithm>
#include <unordered_map>

namespace ticketd::persistence {
namespace {

using domain::event_snapshot;
using domain::timestamp;

// One statement is one snapshot: stock and revision belong together.
#define TICKETD_SNAPSHOT                                                                                     \
  "SELECT e.id, e.name, e.venue, e.starts_at, e.sale_opens_at, e.sale_closes_at, e.max_per_buyer, "          \
  "e.revision, now(), c.id, c.name, c.price_amount, c.price_currency, c.capacity, "                          \
  "c.capacity - c.sold - c.held, e.id_layout::integer, "                                                     \
  "(SELECT count(*) FROM (SELECT FROM waiting_orders w WHERE w.event_id = e.id LIMIT 1000000) x)::integer, " \
  "coalesce(e.secret_generation, '') "                                                                       \
  "FROM events e LEFT JOIN categories c ON c.event_id = e.id AND NOT c.is_retired "
constexpr query list_events{"list_events", TICKETD_SNAPSHOT "ORDER BY e.starts_at, e.id, c.position, c.id"};
constexpr query find_event{"find_event", TICKETD_SNAPSHOT "WHERE e.id = $1::text ORDER BY c.position, c.id"};
constexpr query find_events{"find_events",
                            TICKETD_SNAPSHOT "WHERE e.id = ANY ($1::text[]) ORDER BY e.id, c.position, c.id"};
#undef TICKETD_SNAPSHOT

constexpr query list_event_ids{"list_event_ids", "SELECT id FROM events"};

constexpr query create_event{"create_event", R"(
  INSERT INTO events (id, name, venue, starts_at, sale_opens_at, sale_closes_at, max_per_buyer, id_layout,
                      secret_generation)
  VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::timestamptz, $7::integer, $8::integer,
          nullif($9::text, ''))
  ON CONFLICT (id) DO NOTHING
  RETURNING true)"};

constexpr query lock_event{"lock_event", "SELECT true FROM events WHERE id = $1::text FOR NO KEY UPDATE"};

constexpr query taken_categories{"taken_categories", R"(
  SELECT id, sold + held, price_currency FROM categories WHERE event_id = $1::text AND sold + held > 0)"};

constexpr query replace_event{"replace_event", R"(
  UPDATE events SET name = $2::text, venue = $3::text, starts_at = $4::timestamptz, sale_opens_at = $5::timestamptz,
                    sale_closes_at = $6::timestamptz, max_per_buyer = $7::integer, revision = revision + 1
  WHERE id = $1::text)"};

constexpr query put_categories{"put_categories", R"(
  INSERT INTO categories (event_id, id, position, name, price_amount, price_currency, capacity)
  SELECT $1::text, c.id, c.position, c.name, c.amount, c.currency, c.capacity
  FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[])
         WITH ORDINALITY AS c (id, name, amount, currency, capacity, position)
  ON CONFLICT (event_id, id) DO UPDATE
  SET position = excluded.position, name = excluded.name, price_amount = excluded.price_amount,
      price_currency = excluded.price_currency, capacity = excluded.capacity, is_retired = false)"};

// Orders that are still in the queue may name it: they find nothing left.
constexpr query retire_categories{"retire_categories", R"(
  UPDATE categories SET is_retired = true, capacity = 0
  WHERE event_id = $1::text AND id <> ALL ($2::text[]) AND NOT is_retired)"};

constexpr query name_the_old_secret{"name_old_secret", R"(
  UPDATE events SET secret_generation = $1::text WHERE secret_generation IS NULL)"};

// For the length of the transaction: what the edit finds.
constexpr query remember_event{"remember_event",
                               "SELECT set_config('ticketd.was', defined_of_event($1::text)::text, true)"};

// What changes nothing is no edit.
constexpr query note_edit{"note_edit", R"(
  INSERT INTO event_edits (event_id, editor, was, became)
  SELECT $1::text, $2::text, was, became
  FROM (SELECT nullif(current_setting('ticketd.was', true), '')::jsonb AS was, defined_of_event($1::text) AS became) e
  WHERE was IS DISTINCT FROM became)"};

std::vector<event_snapshot> read_snapshots(const rows& answer) {
  std::vector<event_snapshot> events;
  for (const row r : answer) {
    auto id = r.get<std::string>(0);
    if (events.empty() || events.back().id != id) {
      auto& event = events.emplace_back();
      event.id = std::move(id);
      event.name = r.get<std::string>(1);
      event.venue = r.get<std::string>(2);
      event.starts_at = r.get<timestamp>(3);
      event.sale = {r.get<timestamp>(4), r.get<timestamp>(5)};
      event.max_per_buyer = r.get<std::int32_t>(6);
      event.revision = r.get<std::int64_t>(7);
      event.as_of = r.get<timestamp>(8);
      event.waiting = r.get<std::int32_t>(16);
      event.id_layout = static_cast<domain::id_layout>(r.get<std::int32_t>(15));
      event.secret_generation = r.get<std::string>(17);
    }
    if (auto category_id = r.get<std::optional<std::string>>(9)) {
      auto& category = events.back().categories.emplace_back();
      category.id = std::move(*category_id);
      category.name = r.get<std::string>(10);
      category.price = {r.get<std::int64_t>(11), r.get<std::string>(12)};
      category.capacity = r.get<std::int32_t>(13);
      category.remaining = r.get<std::int32_t>(14);
    }
  }
  return events;
}

void add_creation(pipeline& to, const domain::event_definition& event) {
  to.add(create_event, event.id, event.name, event.venue, event.starts_at, event.sale.opens_at, event.sale.closes_at,
         std::int32_t{event.max_per_buyer}, static_cast<std::int32_t>(event.id_layout), event.secret_generation);
}

void add_replacement(pipeline& to, const domain::event_definition& event) {
  to.add(replace_event, event.id, event.name, event.venue, event.starts_at, event.sale.opens_at, event.sale.closes_at,
         std::int32_t{event.max_per_buyer});
}

void add_categories(pipeline& to, const domain::event_definition& event) {
  std::vector<std::string_view> ids;
  std::vector<std::string_view> names;
  std::vector<std::int64_t> amounts;
  std::vector<std::string_view> currencies;
  std::vector<std::int32_t> capacities;
  for (const auto& category : event.categories) {
    ids.push_back(category.id);
    names.push_back(category.name);
    amounts.push_back(category.price.amount);
    currencies.push_back(category.price.currency);
    capacities.push_back(category.capacity);
  }
  to.add(put_categories, event.id, ids, names, amounts, currencies, capacities);
  to.add(retire_categories, event.id, ids);
}

}  // namespace

awaitable<result<std::vector<event_snapshot>>> postgres_event_store::list(deadline until) {
  pipeline statements;
  statements.add(list_events);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return read_snapshots(answers->front());
}

awaitable<result<std::vector<std::string>>> postgres_event_store::ids(deadline until) {
  pipeline statements;
  statements.add(list_event_ids);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  std::vector<std::string> ids;
  for (const row r : answers->front()) ids.push_back(r.get<std::string>(0));
  co_return ids;
}

awaitable<result<std::optional<event_snapshot>>> postgres_event_store::find(std::string_view event_id, deadline until) {
  pipeline statements;
  statements.add(find_event, event_id);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  auto found = read_snapshots(answers->front());
  if (found.empty()) co_return std::optional<event_snapshot>();
  co_return std::optional<event_snapshot>(std::move(found.front()));
}

awaitable<result<std::vector<event_snapshot>>> postgres_event_store::find(std::span<const std::string> event_ids,
                                                                          deadline until) {
  pipeline statements;
  statements.add(find_events, std::vector<std::string_view>(event_ids.begin(), event_ids.end()));
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return read_snapshots(answers->front());
}

awaitable<result<domain::definition_context>> postgres_event_store::begin_definition(
    const domain::event_definition& event, deadline until) {
  pipeline statements;
  statements.add(begin_transaction);
  add_creation(statements, event);
  statements.add(lock_event, event.id).add(taken_categories, event.id);
  const auto answers = co_await connection_->run(std::move(statements), until);
  if (!answers) co_return answers.error();
  domain::definition_context context;
  context.is_new = !(*answers)[1].empty();
  for (const row r : answers->back())
    context.taken.push_back({r.get<std::string>(0), r.get<std::int32_t>(1), r.get<std::string>(2)});
  co_return context;
}

awaitable<result<void>> postgres_event_store::commit_definition(const domain::event_definition& event,
                                                                domain::define_outcome outcome, deadline until) {
  pipeline statements;
  if (outcome == domain::define_outcome::replaced) {
    statements.add(remember_event, event.id);
    add_replacement(statements, event);
  }
  add_categories(statements, event);
  statements.add(note_edit, event.id, event.editor).add(commit_transaction);
  return connection_->execute(std::move(statements), until);
}

awaitable<result<void>> postgres_event_store::name_old_secret(std::string_view generation, deadline until) {
  pipeline statements;
  statements.add(name_the_old_secret, generation);
  return connection_->execute(std::move(statements), until);
}

awaitable<result<void>> postgres_event_store::abandon_definition(deadline until) {
  pipeline statements;
  statements.add(roll_back_transaction);
  return connection_->execute(std::move(statements), until);
}

}  // namespace ticketd::persistence
