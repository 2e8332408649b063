// What a transaction does to tickets, written with a few set-based statements.
//
// Whoever changes stock holds the event's row lock (FOR NO KEY UPDATE) from the start of the transaction, and takes
// the locks of several events by id. That one lock an event stands in front of everything that is the event's
// (categories, revision, invoice numbers, the tickets of a buyer across its categories), so transactions can neither
// deadlock nor count twice. The foreign keys' FOR KEY SHARE passes it.
//
// Pure: what runs them is the store. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "ticketd/domain/stock_change.hpp"

namespace ticketd::persistence {

// Adds the statements that make it so; none where nothing changes.
void add_stock_changes(pipeline& to, const domain::stock_changes& changes);

}  // namespace ticketd::persistence
