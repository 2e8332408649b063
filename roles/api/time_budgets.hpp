// For how long things may take at the edge, all in one place: the endpoint table makes each request's deadline of them,
// and what serves many requests at once is given its own from here. The role makes them once, and hands them down.
//
// Values, and a pure function. Thread: any.
#pragma once

#include <chrono>

namespace ticketd::config {
struct settings;
}

namespace ticketd::roles::api {

// From a request's last byte: beyond it the buyer hears 503. Nginx waits for longer than any of these
// (deploy/nginx-configuration), as it takes a replica that says nothing for dead.
struct time_budgets {
  // An event: a buyer who waits for longer asks again. Also of a reading that many share.
  std::chrono::milliseconds read{1000};
  // An order. Also of its query, which many share, and which waits for the one before it.
  std::chrono::milliseconds find{2000};
  // Of a read that waits for a change, beside `find`: longer, and proxies on the way give it up.
  std::chrono::seconds wait_for_change{20};
  std::chrono::milliseconds define{4000};  // an event: waits for the lock that settlement holds
  std::chrono::milliseconds purchase{};    // the settings': as the broker's confirm, or the provider, may take
  // Of a purchase's time, until the worker has settled what came before one that is refused: only then a look-up tells
  // whether it is a repeat. Longer: a refusal takes as long while the worker is behind; shorter: more of what is to be
  // refused goes to the queue, and is refused there.
  std::chrono::milliseconds settled{500};
  // The same, for the look-up of a refused repeat: "no" is to be said quickly, and a database that does not answer is
  // no reason to keep a buyer. Longer: fewer hear "repeat it" while the database is slow.
  std::chrono::milliseconds look_up{200};
  // What has waited for longer before it is begun, or will have when it is done, is refused instead, while a queue
  // stands here: its buyer is about to give up, and the time is better spent on who has come since. Longer: more work
  // for nobody when there is too much of it.
  std::chrono::milliseconds wait_max{1000};
};

[[nodiscard]] time_budgets time_budgets_of(const config::settings& settings);

// Until a replica takes buyers.
struct start_times {
  // For its first connection to the broker, before its port opens. Longer: without a broker it answers reads later.
  std::chrono::milliseconds broker_wait{2000};
  std::chrono::milliseconds broker_look{10};  // how often is looked whether it is there
  std::chrono::milliseconds demo_retry{200};  // between attempts to write the demo event
  // Between looks at the events' secrets. Shorter: more lists of events; longer: an order of an event that is newer
  // than this, and sealed under a secret that is not here, is unknown here.
  std::chrono::milliseconds secrets_look{1000};
};

}  // namespace ticketd::roles::api
