// The table of flags, and the values that the command line and the environment give them, not yet looked into.
//
// Thread: main's, before there is another.
#pragma once

#include "ticketd/config/settings.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ticketd::config {

struct flag {
  std::string_view group;
  std::string_view name;      // without the dashes
  std::string_view value;     // what stands for it in the help
  std::string_view fallback;  // "" where there is none
  std::string_view roles;
  std::string_view meaning;
};

[[nodiscard]] std::span<const flag> all_flags() noexcept;

// "--redis-url (TICKETD_REDIS_URL)": how every message names a setting.
[[nodiscard]] std::string title_of(std::string_view flag_name);

// By flag name; each flag has an entry, with its default or "" where it was not given.
using raw_values = std::map<std::string, std::string, std::less<>>;

struct command_line {
  raw_values values;
  bool is_check = false;                // --check: only say whether they are good
  bool is_migration = false;            // --migrate: bring the schema up to date, instead of a role
  std::optional<std::string> erased{};  // --erase: whose address is to be taken out, instead of a role
};

// Throws exit_request for --help, --version and what is not a flag with a value.
[[nodiscard]] command_line read_command_line(int argc, const char* const* argv);

[[nodiscard]] exit_request refusal(std::string_view message);

}  // namespace ticketd::config
