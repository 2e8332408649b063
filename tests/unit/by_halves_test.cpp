// What the database does not take together, it is given by halves.
#include "orders/by_halves.hpp"
#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <vector>

using namespace ticketd;
using persistence::database_errc;

namespace {

struct attempts {
  database_errc error = database_errc::constraint_violation;
  std::vector<int> bad;  // these it refuses
  std::vector<std::size_t> sizes;
  std::vector<int> taken, failed;

  void run(const std::vector<int>& items) {
    const orders::halving<int> by{[this](std::span<const int> some) { return attempt(some); },
                                  [this](std::span<const int> some, const error_code& why) {
                                    CHECK(why == error);
                                    failed.insert(failed.end(), some.begin(), some.end());
                                  }};
    asio::io_context io;
    test::run_coroutine(io, orders::by_halves(std::span(items), by));
  }

  awaitable<error_code> attempt(std::span<const int> some) {
    sizes.push_back(some.size());
    const bool is_bad = std::ranges::any_of(some, [this](int item) { return std::ranges::count(bad, item) > 0; });
    if (is_bad) co_return make_error_code(error);
    taken.insert(taken.end(), some.begin(), some.end());
    co_return error_code();
  }
};

}  // namespace

TEST_CASE("what is taken together is asked for once", "[by_halves]") {
  attempts on;
  on.run({1, 2, 3, 4});
  CHECK(on.sizes == std::vector<std::size_t>{4});
  CHECK(on.failed.empty());
}

TEST_CASE("one that is refused is found, and holds up no other", "[by_halves]") {
  attempts on;
  on.bad = {3};
  on.run({1, 2, 3, 4, 5});
  CHECK(on.sizes == std::vector<std::size_t>{5, 2, 3, 1, 2});
  CHECK(on.taken == std::vector{1, 2, 4, 5});
  CHECK(on.failed == std::vector{3});
}

TEST_CASE("all of them fail where it is not for their rows", "[by_halves]") {
  attempts on;
  on.bad = {3};
  on.error = database_errc::connection_lost;
  on.run({1, 2, 3, 4});
  CHECK(on.sizes == std::vector<std::size_t>{4});
  CHECK(on.failed == std::vector{1, 2, 3, 4});
}
