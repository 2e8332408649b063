// What libpq is told when it connects: the URL, and what every connection of ours has in common.
//
// A value. Thread: any.
#pragma once

#include "persistence/server_addresses.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ticketd::persistence {

class connect_options {
 public:
  // Throws std::invalid_argument, without quoting the URL (it holds a password), where libpq cannot read it.
  connect_options(const std::string& url, const std::string& instance);

  // In their order; never empty.
  [[nodiscard]] const std::vector<server_address>& servers() const noexcept { return servers_; }
  // For this server alone.
  [[nodiscard]] connect_options at(const server_address& server) const;

  // "" where it is not set.
  [[nodiscard]] std::string get(const std::string& keyword) const;
  void set(const std::string& keyword, const std::string& value);
  void set_default(const std::string& keyword, const std::string& value);

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return options_; }

 private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<server_address> servers_;
};

}  // namespace ticketd::persistence
