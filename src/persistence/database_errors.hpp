// What a server's error means for the caller.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/persistence/database.hpp"

#include <string_view>

namespace ticketd::persistence {

// By SQLSTATE (PostgreSQL manual, appendix A). `constraint` is the violated one, `lost_race` the one whose violation
// is a lost race.
[[nodiscard]] database_errc classify(std::string_view sqlstate, std::string_view constraint,
                                     std::string_view lost_race) noexcept;

}  // namespace ticketd::persistence
