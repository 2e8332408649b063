#include "ticketd/orders/charge_window.hpp"
#include "support/catch2.hpp"

using namespace ticketd;
using namespace std::chrono_literals;
using domain::payment_result;
using orders::charge_window;

namespace {

const charge_window::time_point start{1h};

}  // namespace

TEST_CASE("the window grows by one for a window of successes, as long as it is in use", "[charge_window]") {
  charge_window window({.floor = 2, .first = 10, .ceiling = 12});
  for (int i = 0; i < 11; ++i) window.note(payment_result::succeeded, start, 10, start);
  CHECK(window.size() == 11);
  for (int i = 0; i < 100; ++i) window.note(payment_result::succeeded, start, 2, start);  // idle: it says nothing
  CHECK(window.size() == 11);
  for (int i = 0; i < 1000; ++i) window.note(payment_result::declined, start, 12, start);
  CHECK(window.size() == 12);
}

TEST_CASE("the window is halved once for the calls that were too many, and never below its floor", "[charge_window]") {
  charge_window window({.floor = 2, .first = 16, .ceiling = 16});
  for (int i = 0; i < 5; ++i) window.note(payment_result::not_done, start, 16, start + 1s);
  CHECK(window.size() == 8);
  window.note(payment_result::unknown, start + 1s, 8, start + 2s);  // began since
  CHECK(window.size() == 4);
  window.note(payment_result::our_mistake, start + 3s, 4, start + 3s);
  CHECK(window.size() == 4);
  for (int i = 2; i < 9; ++i)
    window.note(payment_result::unknown, start + std::chrono::seconds(i), 4, start + std::chrono::seconds(i));
  CHECK(window.size() == 2);
}

TEST_CASE("a ceiling below the rest is the bound", "[charge_window]") {
  CHECK(charge_window({.floor = 4, .first = 64, .ceiling = 1}).size() == 1);
  CHECK(charge_window({.floor = 4, .first = 64, .ceiling = 20}).size() == 20);
}
