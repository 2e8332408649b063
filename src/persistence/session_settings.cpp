#include "persistence/session_settings.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ticketd::persistence {
namespace {

constexpr query say_settings{"settings", R"(
  WITH here AS (SELECT pg_backend_pid() <> $1::integer AS is_pooled)
  SELECT is_pooled, count(set_config(name, value, is_pooled))
  FROM here CROSS JOIN unnest($2::text[], $3::text[]) AS setting (name, value)
  GROUP BY is_pooled)"};

constexpr int nobody = 0;  // no process has this id, so what is said is always for the transaction

struct setting_list {
  std::vector<std::string> names;
  std::vector<std::string> values;

  void add(std::string name, std::string value) {
    names.push_back(std::move(name));
    values.push_back(std::move(value));
  }
  // A number without a unit is of milliseconds (PostgreSQL manual, 20.1.1 and 20.11.1).
  void add(std::string name, std::chrono::milliseconds value) { add(std::move(name), std::to_string(value.count())); }
};

setting_list settings_of(const server_limits& limits) {
  setting_list all;
  all.add("statement_timeout", limits.statement);
  all.add("lock_timeout", limits.lock);
  all.add("idle_in_transaction_session_timeout", limits.idle_in_transaction);
  all.add("client_connection_check_interval", limits.client_check);
  // Plans that do not depend on statistics. A sale fills an empty table with a million rows faster than ANALYZE
  // follows, and a plan made and cached for the empty table would read the whole of the full one, for every batch and
  // every foreign key. Every statement of ours is meant to go by an index, one probe a row.
  all.add("plan_cache_mode", "force_generic_plan");
  all.add("enable_seqscan", "off");
  all.add("enable_hashjoin", "off");
  all.add("enable_mergejoin", "off");
  all.add("jit", "off");
  return all;
}

}  // namespace

void add_settings(pipeline& to, const server_limits& limits, int told_pid) {
  const auto all = settings_of(limits);
  to.add(say_settings, std::int32_t{told_pid}, all.names, all.values);
}

void add_transaction_settings(pipeline& to, const server_limits& limits) { add_settings(to, limits, nobody); }

bool read_is_pooled(const row& r) { return r.get<bool>(0); }

}  // namespace ticketd::persistence
