// Taking a buyer out of what is stored, in process.
#include "ticketd/orders/erase_buyer.hpp"
#include "fakes/in_process.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::erasure_obstacle;

namespace {

struct fixture : test::in_process {
  result<orders::erasure> erase(const std::string& address) {
    return test::run_coroutine(io, orders::erase_buyer(database, address, deadline_in(1h), deadline_in(1h)));
  }
};

}  // namespace

TEST_CASE("an address is erased in its canonical form, and as it was given", "[erase]") {
  fixture on;
  const auto done = on.erase(" Ada@ÖRNEK.com.tr ");
  REQUIRE(done.has_value());
  CHECK(done->obstacle == erasure_obstacle::none);
  CHECK(done->orders == 1);
  CHECK(on.database.erasures.erased == std::vector<std::string>{"ada@xn--rnek-4qa.com.tr", " Ada@ÖRNEK.com.tr "});
  CHECK(on.database.sessions_out == 0);
}

TEST_CASE("where something still needs the address nothing is erased, and it is said what", "[erase]") {
  fixture on;
  on.database.erasures.context.orders_under_way = 2;
  const auto done = on.erase("ada@example.com");
  REQUIRE(done.has_value());
  CHECK(done->obstacle == erasure_obstacle::order_under_way);
  CHECK(done->context.orders_under_way == 2);
  CHECK(on.database.erasures.erased.empty());
  CHECK(on.database.erasures.abandoned == 1);
}

TEST_CASE("a database that is away is a failure", "[erase]") {
  fixture on;
  on.database.on_acquire.then(test::database_errc::unreachable);
  CHECK(on.erase("ada@example.com").error() == test::database_errc::unreachable);
}
