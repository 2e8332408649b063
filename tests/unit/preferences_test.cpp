// Prefer (RFC 7240), as clients write it.
#include "api/preferences.hpp"
#include "support/catch2.hpp"

#include <chrono>
#include <initializer_list>
#include <optional>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

std::optional<std::chrono::seconds> wait_of(std::initializer_list<const char*> headers) {
  http::request asked(http::verb::get, "/", 11);
  for (const auto* header : headers) asked.insert("Prefer", header);
  return roles::api::preferred_wait(asked);
}

}  // namespace

TEST_CASE("a wait is read however it is written", "[preferences]") {
  for (const auto* header : {"wait=7", "Wait=7", "wait = 7", "wait=\"7\"", "respond-async, wait=7", "wait=7;a=b, x",
                             "a=\"b\";c, wait=7", "wait=7, wait=9", ",,wait=7"}) {
    INFO(header);
    CHECK(wait_of({header}) == 7s);
  }
  CHECK(wait_of({"respond-async", "wait=7", "wait=9"}) == 7s);
  CHECK(wait_of({"wait=0"}) == 0s);
  CHECK(wait_of({"wait=4294967295"}) == 4294967295s);
}

TEST_CASE("what is no wait, or no number, is no wish", "[preferences]") {
  for (const auto* header : {"", "wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "waiting=7", "x;wait=7",
                             "wait=99999999999", "wait=\"7", "wait=x, wait=7"}) {
    INFO(header);
    CHECK_FALSE(wait_of({header}));
  }
  CHECK_FALSE(wait_of({}));
}
