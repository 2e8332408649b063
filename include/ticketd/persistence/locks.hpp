// How long a transaction waits for an event, or a category of it, that another one holds.
//
// A value: any thread.
#pragma once

namespace ticketd::persistence {

enum class lock_wait {
  until_deadline,
  brief,  // a quarter of a second: nobody of ours holds it for so long. Then the transaction fails with lock_timeout
  none,   // passes over the event, as if nothing of it had been asked for
};

}  // namespace ticketd::persistence
