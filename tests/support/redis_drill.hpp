// Redis breaks under load and comes back: no buyer hears an error, and Cache-Status says what goes on.
#pragma once

#include "support/laboratory.hpp"

#include <string>

namespace ticketd::test {

// `fault` and `repair` are commands of the lab: stop and start, pause and resume.
void break_redis(const laboratory& lab, const std::string& fault, const std::string& repair);

}  // namespace ticketd::test
