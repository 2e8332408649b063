#include "ticketd/orders/charge_window.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;
using orders::charge_window;
using payment::provider_pace;

namespace {

const charge_window::time_point start{1h};

// A provider that answers one windowful of calls after the other: so many at once, each after a time that may depend
// on how many they are.
struct windowfuls {
  charge_window window;
  charge_window::time_point now = start;

  template <class Latency>
  void answer(int times, Latency latency_of) {
    for (int i = 0; i < times; ++i) {
      const auto began = now;
      const std::size_t at_once = window.size();
      now += std::chrono::duration_cast<charge_window::time_point::duration>(latency_of(at_once));
      for (std::size_t each = 0; each < at_once; ++each) window.note(provider_pace::kept_up, began, at_once, now);
    }
  }
};

}  // namespace

TEST_CASE("the window doubles until it is too much, and grows by one for a window of answers from then on",
          "[charge_window]") {
  charge_window window({.floor = 2, .first = 10, .ceiling = 100});
  for (int i = 0; i < 10; ++i) window.note(provider_pace::kept_up, start, 10, start);
  CHECK(window.size() == 20);
  window.note(provider_pace::too_much, start, 20, start + 1s);
  CHECK(window.size() == 10);
  for (int i = 0; i < 11; ++i) window.note(provider_pace::kept_up, start + 1s, 10, start + 1s);
  CHECK(window.size() == 11);
  for (int i = 0; i < 100; ++i)
    window.note(provider_pace::kept_up, start + 1s, 2, start + 1s);  // idle: it says nothing
  CHECK(window.size() == 11);
  for (int i = 0; i < 10'000; ++i) window.note(provider_pace::kept_up, start + 1s, 100, start + 1s);
  CHECK(window.size() == 100);
}

TEST_CASE("the window is halved once for the calls that were too many, and never below its floor", "[charge_window]") {
  charge_window window({.floor = 2, .first = 16, .ceiling = 16});
  for (int i = 0; i < 5; ++i) window.note(provider_pace::too_much, start, 16, start + 1s);
  CHECK(window.size() == 8);
  window.note(provider_pace::too_much, start + 1s, 8, start + 2s);  // began since
  CHECK(window.size() == 4);
  for (int i = 2; i < 9; ++i)
    window.note(provider_pace::too_much, start + std::chrono::seconds(i), 4, start + std::chrono::seconds(i));
  CHECK(window.size() == 2);
}

TEST_CASE("an error says nothing about how much the provider takes", "[charge_window]") {
  charge_window window({.floor = 2, .first = 16, .ceiling = 32});
  for (int i = 0; i < 100; ++i) window.note(provider_pace::unsaid, start, 16, start + 1s);
  CHECK(window.size() == 16);
}

TEST_CASE("answers that come ever later narrow the window", "[charge_window]") {
  // Twenty at once are served in 50 ms, the others queue up.
  const auto queueing = [](std::size_t at_once) { return 50ms * std::max(1.0, static_cast<double>(at_once) / 20); };
  windowfuls of{charge_window({.floor = 4, .first = 16, .ceiling = 512})};
  std::size_t widest = 0;
  std::size_t narrowest = 512;
  for (int i = 0; i < 2000; ++i) {
    of.answer(1, queueing);
    if (i < 200) continue;
    widest = std::max(widest, of.window.size());
    narrowest = std::min(narrowest, of.window.size());
  }
  CHECK(widest < 120);    // where it takes three times as long as at the beginning
  CHECK(narrowest > 20);  // the provider has something to do all the time
}

TEST_CASE("a provider that takes longer however little it is asked is not asked less and less", "[charge_window]") {
  windowfuls of{charge_window({.floor = 4, .first = 64, .ceiling = 64})};
  of.answer(20, [](std::size_t) { return 80ms; });
  CHECK(of.window.size() == 64);
  of.answer(5, [](std::size_t) { return 400ms; });
  CHECK(of.window.size() >= 32);
  of.answer(100, [](std::size_t) { return 400ms; });
  CHECK(of.window.size() == 64);
}

TEST_CASE("a few late answers, and a few milliseconds, narrow nothing", "[charge_window]") {
  windowfuls of{charge_window({.floor = 4, .first = 64, .ceiling = 64})};
  of.answer(20, [](std::size_t) { return 5ms; });
  of.answer(20, [](std::size_t) { return 60ms; });  // twelve times as long: that is this process, which is busy
  CHECK(of.window.size() == 64);
  for (int i = 0; i < 1000; ++i)
    of.window.note(provider_pace::kept_up, of.now, 64, of.now + (i % 200 == 0 ? 2000ms : 5ms));
  CHECK(of.window.size() == 64);
}

TEST_CASE("a ceiling below the rest is the bound", "[charge_window]") {
  CHECK(charge_window({.floor = 4, .first = 64, .ceiling = 1}).size() == 1);
  CHECK(charge_window({.floor = 4, .first = 64, .ceiling = 20}).size() == 20);
}
