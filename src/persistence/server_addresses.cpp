#include "persistence/server_addresses.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace ticketd::persistence {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; !list.empty() && begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    all.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

}  // namespace

std::vector<server_address> servers_of(const std::string& hosts, const std::string& hostaddrs,
                                       const std::string& ports) {
  const auto names = split(hosts);
  const auto addresses = split(hostaddrs);
  const auto numbers = split(ports);
  const auto size = std::max<std::size_t>({1, names.size(), addresses.size()});
  const auto fits = [size](const auto& list) { return list.empty() || list.size() == size; };
  if (!fits(names) || !fits(addresses) || (numbers.size() != 1 && !fits(numbers)))
    throw std::invalid_argument("the database URL has not as many ports, or addresses, as hosts");

  std::vector<server_address> servers(size);
  for (std::size_t i = 0; i < size; ++i) {
    if (!names.empty()) servers[i].host = names[i];
    if (!addresses.empty()) servers[i].hostaddr = addresses[i];
    if (!numbers.empty()) servers[i].port = numbers.size() == 1 ? numbers.front() : numbers[i];
  }
  return servers;
}

bool is_a_name(const server_address& server) {
  return server.hostaddr.empty() && !server.host.empty() && server.host.front() != '/' && server.host.front() != '@';
}

}  // namespace ticketd::persistence
