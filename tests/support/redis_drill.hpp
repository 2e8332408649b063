// Redis breaks under load and comes back: no buyer gets an error, and Cache-Status says what goes on.
#pragma once

#include "support/laboratory.hpp"

#include <string>

namespace ticketd::test {

// By stop, kill or pause, as the lab calls it.
void break_redis_under_load(const laboratory& lab, const std::string& breaks_by);

}  // namespace ticketd::test
