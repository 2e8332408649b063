// A session for as long as one piece of work takes: lent before it, and given back after it, whatever came of it.
//
// For who asks the database one thing. Who asks several in turn, or measures one of them, acquires a session itself.
//
// Thread: the database's executor. The database outlives the call.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/persistence/database.hpp"

#include <type_traits>
#include <utility>

namespace ticketd::persistence {

// `work(session&)` answers an awaitable<result<T>>, which is this one's answer, too; where no session is to be had, it
// is not called. Fails with database_errc of either. What `work` refers to outlives the call.
template <class Work>
[[nodiscard]] std::invoke_result_t<Work&, session&> with_session(database& from, deadline until, Work work) {
  const auto lent = co_await from.acquire(until);
  if (!lent) co_return lent.error();
  auto answer = co_await work(**lent);
  co_return answer;
}

}  // namespace ticketd::persistence
