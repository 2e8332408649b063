// How long a batch waits for its dead letters, with a broker that is played by the test.
#include "messaging/pending_dead_letters.hpp"

#include "support/catch2.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace ticketd;
using namespace ticketd::messaging;
using namespace std::chrono_literals;

namespace {

using outcomes = std::vector<delivery_outcome>;
using enum delivery_outcome;

struct letters_to_a_broker {
  explicit letters_to_a_broker(std::chrono::milliseconds answer_wait_max)
      : pending(std::make_shared<pending_dead_letters>(answer_wait_max)) {
    pending->send_to({.send =
                          [this](const std::vector<outgoing_dead_letter>& letters) {
                            for (const auto& [number, letter] : letters) sent.push_back(number);
                          },
                      .forget_unsent = [this] { ++forgotten; }});
    pending->on_notification({.settled = {}, .is_ready = true});
  }
  ~letters_to_a_broker() { pending->close(); }

  void begin(std::size_t letters) {
    answer.reset();
    async::spawn(io.get_executor(), "publish", [this, letters]() -> awaitable<> {
      auto all = co_await pending->publish(std::vector<dead_letter>(letters));
      answer = std::move(all);
    });
    run();
  }
  void run() {
    io.restart();
    io.poll();
  }
  void report(std::vector<settled_message> settled, bool is_ready = true) {
    pending->on_notification({std::move(settled), is_ready});
    run();
  }

  asio::io_context io;
  std::vector<std::uint64_t> sent;
  int forgotten = 0;
  std::optional<outcomes> answer;
  std::shared_ptr<pending_dead_letters> pending;
};

}  // namespace

TEST_CASE("a batch hears what became of each of its letters", "[messaging]") {
  letters_to_a_broker on(1h);
  on.begin(3);
  CHECK(on.sent == std::vector<std::uint64_t>{1, 2, 3});
  on.report({{2, refused}, {1, taken}});
  CHECK_FALSE(on.answer);
  on.report({{3, not_taken}});
  CHECK(on.answer == outcomes{taken, refused, not_taken});
  on.begin(1);
  on.report({{4, taken}});
  CHECK(on.answer == outcomes{taken});
  CHECK(on.forgotten == 0);
}

TEST_CASE("a broker that blocks who publishes holds nobody up, and is tried again when it does not", "[messaging]") {
  letters_to_a_broker on(1h);
  on.begin(2);
  on.report({{1, taken}}, false);
  CHECK(on.answer == outcomes{taken, unknown});
  CHECK(on.forgotten == 1);
  on.begin(1);
  CHECK(on.answer == outcomes{unknown});
  CHECK(on.sent.size() == 2);
  on.report({}, true);
  on.begin(1);
  CHECK(on.sent.size() == 3);
  on.report({{2, taken}});  // late, and nobody's
  CHECK_FALSE(on.answer);
  on.report({{on.sent.back(), taken}});
  CHECK(on.answer == outcomes{taken});
}

TEST_CASE("a broker that is silent is waited for once, until it answers", "[messaging]") {
  letters_to_a_broker on(1ms);
  CHECK(test::run_coroutine(on.io, on.pending->publish(std::vector<dead_letter>(1))) == outcomes{unknown});
  on.begin(1);
  CHECK(on.answer == outcomes{unknown});
  CHECK(on.sent.size() == 1);
  on.report({{1, taken}});
  on.begin(1);
  CHECK(on.sent.size() == 2);
}

TEST_CASE("who waits for letters when the consumer goes away hears what is known", "[messaging]") {
  letters_to_a_broker on(1h);
  on.begin(2);
  on.report({{2, taken}});
  on.pending->close();
  on.run();
  CHECK(on.answer == outcomes{unknown, taken});
}
