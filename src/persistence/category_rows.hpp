// Categories with their stock and the rules of their events: the rows that settlement decides by.
//
// Pure. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "persistence/rows.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/rehearsal.hpp"

#include <string_view>
#include <vector>

namespace ticketd::persistence {

// Of these events; to be asked after their lock, so that it sees what the lock's last holder wrote.
void add_stock(pipeline& to, const std::vector<std::string_view>& events);
[[nodiscard]] domain::category_stock read_category(const row& r);

// Of all other events, in random order: as many rows as the list of all events has, which replicas read all the time.
void add_categories_elsewhere(pipeline& to, std::string_view event_id);
[[nodiscard]] domain::rehearsal_candidate read_candidate(const row& r);

}  // namespace ticketd::persistence
