// Who may define events: by what name their edits are known, and what their token is known by.
//
// A value: any thread.
#pragma once

#include "ticketd/text/sha256.hpp"

#include <string>

namespace ticketd::config {

struct admin {
  std::string name;
  text::sha256_digest token;  // SHA-256 of it: the setting need not tell the token
};

}  // namespace ticketd::config
