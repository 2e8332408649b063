// The servers that a database URL names, in its order: libpq takes lists of hosts, of addresses and of ports
// (PostgreSQL manual, 34.1.1.3).
//
// Pure. Thread: any.
#pragma once

#include <string>
#include <vector>

namespace ticketd::persistence {

struct server_address {
  std::string host;      // a name, an address, a directory of sockets, or nothing: libpq's default
  std::string hostaddr;  // where it is known without a look-up
  std::string port;      // or nothing

  friend bool operator==(const server_address&, const server_address&) = default;
};

// Never empty. Throws std::invalid_argument where the lists are not of one length (one port is everybody's).
[[nodiscard]] std::vector<server_address> servers_of(const std::string& hosts, const std::string& hostaddrs,
                                                     const std::string& ports);

// Whether it has to be looked up.
[[nodiscard]] bool is_a_name(const server_address& server);

}  // namespace ticketd::persistence
