// What the test of a use case in process stands on: an io_context, and fakes of what lies outside.
#pragma once

#include "fakes/fake_clock.hpp"
#include "fakes/fake_database.hpp"
#include "support/gig.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/io_context.hpp>

namespace ticketd::test {

// The base of a test's fixture.
struct in_process {
  asio::io_context io;
  observability::metrics metrics;
  fake_database database;
  fake_clock clock;
  domain::order_id_mint mint = make_mint();
  domain::ticket_printer printer = make_printer();
};

}  // namespace ticketd::test
