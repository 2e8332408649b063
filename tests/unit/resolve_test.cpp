// Names whose look-up hangs: what that may not hold up.
#include "ticketd/async/resolve.hpp"

#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/fake_names.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using test::eventually;
using test::fake_name;

namespace {

using answer = std::optional<result<asio::ip::tcp::resolver::results_type>>;

awaitable<> ask(asio::any_io_executor executor, std::string name, deadline until, answer& to) {
  to = co_await async::resolve(executor, name, "1", until);
}

}  // namespace

TEST_CASE("a name that is looked up for long holds up no other", "[resolve]") {
  fake_name slow("slow.test", {"127.0.0.2"});
  const fake_name quick("quick.test", {"127.0.0.3", "127.0.0.4"});
  slow.hold();
  asio::io_context io;
  answer of_slow;
  async::spawn(io.get_executor(), "slow", ask(io.get_executor(), "slow.test", deadline_in(30s), of_slow));
  answer of_quick;
  async::spawn(io.get_executor(), "quick", ask(io.get_executor(), "quick.test", deadline_in(20s), of_quick));
  test::run_until(io, [&] { return of_quick.has_value(); });
  REQUIRE(of_quick->has_value());
  CHECK((*of_quick)->size() == 2);
  CHECK_FALSE(of_slow);
  slow.let_go();
  test::run_until(io, [&] { return of_slow.has_value(); });
  CHECK(of_slow->has_value());
}

TEST_CASE("a look-up may outlive who asked, and its context", "[resolve]") {
  fake_name slow("slow.test", {"127.0.0.2"});
  slow.hold();
  auto io = std::make_unique<asio::io_context>();
  answer found;
  async::spawn(io->get_executor(), "slow", ask(io->get_executor(), "slow.test", deadline_in(1ms), found));
  test::run_until(*io, [&] { return found.has_value(); });
  CHECK(found->error() == asio::error::timed_out);
  io.reset();  // waits for nobody: the look-up is still held
  CHECK(eventually([&] { return slow.held() == 1; }));
  slow.let_go();
  CHECK(eventually([&] { return slow.held() == 0; }));
}

TEST_CASE("a name server that hangs keeps so many threads, and no more", "[resolve]") {
  constexpr int look_ups_max = 32;
  fake_name slow("slow.test", {"127.0.0.2"});
  slow.hold();
  asio::io_context io;
  std::vector<answer> answers(look_ups_max);
  for (auto& each : answers)
    async::spawn(io.get_executor(), "slow", ask(io.get_executor(), "slow.test", deadline_in(30s), each));
  io.poll();
  REQUIRE(eventually([&] { return slow.held() == look_ups_max; }));
  const auto refused = test::run_coroutine(io, async::resolve(io.get_executor(), "other.test", "1", deadline_in(20s)));
  CHECK(refused.error() == asio::error::host_not_found_try_again);
  CHECK(async::resolve_blocking("other.test", "1", deadline_in(20s)).error() == asio::error::host_not_found_try_again);
  slow.let_go();
  for (auto& each : answers) test::run_until(io, [&] { return each.has_value(); });
  const auto taken = test::run_coroutine(io, async::resolve(io.get_executor(), "slow.test", "1", deadline_in(20s)));
  CHECK(taken.has_value());
}
