#include "persistence/connect_options.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace ticketd::persistence {
namespace {

struct deleter {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

}  // namespace

connect_options::connect_options(const std::string& url, const std::string& instance) {
  const std::unique_ptr<PQconninfoOption, deleter> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (!parsed) throw std::invalid_argument("the database URL is not one that libpq can read");
  for (const auto* option = parsed.get(); option->keyword; ++option)
    if (option->val) set(option->keyword, option->val);

  set("application_name", instance);
  set("client_encoding", "UTF8");
  // A server that vanished without a goodbye is noticed within half a minute, in the middle of a statement or between.
  // Not a limit of ours but of the network, which the URL of a database may set as its network needs.
  set_default("keepalives_idle", "10");
  set_default("keepalives_interval", "5");
  set_default("keepalives_count", "3");
  set_default("tcp_user_timeout", "20000");
  servers_ = servers_of(get("host"), get("hostaddr"), get("port"));
}

connect_options connect_options::at(const server_address& server) const {
  auto one = *this;
  one.set("host", server.host);
  one.set("hostaddr", server.hostaddr);
  one.set("port", server.port);
  return one;
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
