#include "ticketd/async/spawn.hpp"
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/resolve.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

awaitable<> fail() {
  throw std::logic_error("a bug");
  co_return;
}

std::string what_comes_out_of(asio::io_context& io) {
  try {
    io.run();
  } catch (const std::exception& exception) {
    return exception.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("what a spawned coroutine throws comes out of run(), with its name", "[spawn]") {
  asio::io_context io;
  async::spawn(io.get_executor(), "orders.charge", fail());
  CHECK(what_comes_out_of(io) == "orders.charge: a bug");
  CHECK(what_comes_out_of(io) == "nothing");
}

TEST_CASE("what a spawned function object holds lives until its coroutine ends", "[spawn]") {
  asio::io_context io;
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = held;
  int seen = 0;
  async::spawn(io.get_executor(), "test", [held = std::move(held), &seen]() -> awaitable<> {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    seen = *held;
  });
  CHECK_FALSE(watched.expired());
  io.run();
  CHECK(seen == 7);
  CHECK(watched.expired());
}

TEST_CASE("nothing else starts a coroutine on its own, but for two helpers of the tests that need its result",
          "[spawn]") {
  namespace fs = std::filesystem;
  std::set<std::string> found;
  for (const char* top : {"include", "src", "roles", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(test::checkout()) / top)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find("co_spawn"
                    "(") != std::string::npos)
        found.insert(fs::relative(entry.path(), test::checkout()).string());
    }
  CHECK(found == std::set<std::string>{"src/async/spawn.cpp", "tests/support/run_coroutine.hpp",
                                       "tests/support/running_server.cpp"});
}

TEST_CASE("an address is resolved without a look-up, whatever the deadline says", "[resolve]") {
  asio::io_context io;
  const auto found = test::run_coroutine(io, async::resolve(io.get_executor(), "::1", "5432", deadline::min()));
  REQUIRE(found.has_value());
  REQUIRE(found->size() == 1);
  CHECK(found->begin()->endpoint() == asio::ip::tcp::endpoint(asio::ip::make_address("::1"), 5432));
}

TEST_CASE("a look-up is left at its deadline, and a name that does not exist is an error", "[resolve]") {
  asio::io_context io;
  const auto late = test::run_coroutine(io, async::resolve(io.get_executor(), "localhost", "1", deadline::min()));
  CHECK(late.error() == asio::error::timed_out);
  const auto known = test::run_coroutine(io, async::resolve(io.get_executor(), "localhost", "1", deadline_in(20s)));
  CHECK(known.has_value());
  const auto without_port =
      test::run_coroutine(io, async::resolve(io.get_executor(), "localhost", "", deadline_in(20s)));
  CHECK(without_port.has_value());
  const auto none =
      test::run_coroutine(io, async::resolve(io.get_executor(), "no.such.host.invalid", "1", deadline_in(20s)));
  CHECK(none.has_error());
}

TEST_CASE("a thread that may block looks names up in the same way", "[resolve]") {
  for (const std::string host : {"localhost", "::1", "127.0.0.1"}) {
    const auto found = async::resolve_blocking(host, "1", deadline_in(20s));
    REQUIRE(found.has_value());
    CHECK(found->begin()->endpoint().address().is_loopback());
  }
  CHECK(async::resolve_blocking("no.such.host.invalid", "1", deadline_in(20s)).has_error());
  CHECK(async::resolve_blocking("localhost", "1", deadline::min()).error() == asio::error::timed_out);
}
