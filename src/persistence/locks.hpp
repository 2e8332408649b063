// The locks that settlement and the payment stage share, and how long each waits for them.
//
// Whoever changes an event's stock, invoices or orders holds the event's row (FOR NO KEY UPDATE), and takes several in
// the order of their ids. Where an event is held by somebody else (an operator, a long transaction), the statements
// that pass over it leave out its categories' holders, too: a lock on a category would stop the commit.
//
// Constants, and a pure function. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "ticketd/persistence/locks.hpp"

namespace ticketd::persistence {

// A quarter of a second (lock_wait::brief): the bound that the design sets, in the form that the server takes.
inline constexpr query briefly{"briefly", "SET LOCAL lock_timeout = 250"};

inline void add_lock_timeout(pipeline& to, lock_wait locks) {
  if (locks != lock_wait::until_deadline) to.add(briefly);
}

}  // namespace ticketd::persistence
