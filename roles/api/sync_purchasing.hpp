// Inside the request: reserves, charges and invoices before it answers. As a monolith has no worker, it also ends
// holds, and charges what a crash left uncharged.
#pragma once

#include "api/purchasing.hpp"
#include "selling_parts.hpp"
#include "ticketd/catalog/event_reader.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <memory>

namespace ticketd::roles::api {

// What it is made of outlives it.
[[nodiscard]] std::unique_ptr<purchasing> make_sync_purchasing(selling_parts& parts, catalog::event_reader& events,
                                                               domain::order_id_mint& mint);

}  // namespace ticketd::roles::api
