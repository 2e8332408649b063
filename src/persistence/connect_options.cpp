#include "persistence/connect_options.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace ticketd::persistence {
namespace {

// A number without a unit is of milliseconds (PostgreSQL manual, 20.1.1 and 20.11.1).
std::string to_text(const server_limits& limits) {
  return fmt::format(
      " -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}"
      " -c client_connection_check_interval={}",
      limits.statement.count(), limits.lock.count(), limits.idle_in_transaction.count(), limits.client_check.count());
}

// Plans that do not depend on statistics. A sale fills an empty table with a million rows faster than ANALYZE follows,
// and a plan made and cached for the empty table would read the whole of the full one, for every batch and every
// foreign key. Every statement of ours is meant to go by an index, one probe a row.
constexpr const char* plans =
    " -c plan_cache_mode=force_generic_plan"
    " -c enable_seqscan=off"
    " -c enable_hashjoin=off"
    " -c enable_mergejoin=off"
    " -c jit=off";

struct deleter {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

}  // namespace

connect_options::connect_options(const std::string& url, const std::string& instance, const server_limits& limits) {
  const std::unique_ptr<PQconninfoOption, deleter> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (!parsed) throw std::invalid_argument("the database URL is not one that libpq can read");
  for (const auto* option = parsed.get(); option->keyword; ++option)
    if (option->val) set(option->keyword, option->val);

  set("application_name", instance);
  set("client_encoding", "UTF8");
  set("options", get("options") + to_text(limits) + plans);
  // A server that vanished without a goodbye is noticed within half a minute, in the middle of a statement or between.
  // Not a limit of ours but of the network, which the URL of a database may set as its network needs.
  set_default("keepalives_idle", "10");
  set_default("keepalives_interval", "5");
  set_default("keepalives_count", "3");
  set_default("tcp_user_timeout", "20000");
}

std::string connect_options::get(const std::string& keyword) const {
  const auto found = std::ranges::find(options_, keyword, &std::pair<std::string, std::string>::first);
  return found == options_.end() ? std::string() : found->second;
}

void connect_options::set(const std::string& keyword, const std::string& value) {
  const auto found = std::ranges::find(options_, keyword, &std::pair<std::string, std::string>::first);
  if (found == options_.end())
    options_.emplace_back(keyword, value);
  else
    found->second = value;
}

void connect_options::set_default(const std::string& keyword, const std::string& value) {
  if (get(keyword).empty()) set(keyword, value);
}

}  // namespace ticketd::persistence
