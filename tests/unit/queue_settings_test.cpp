// The queue's names stand once, in queue_settings; what can't include it repeats them, and is held against it here.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "ticketd/messaging/order_consumer.hpp"
#include "ticketd/messaging/order_publisher.hpp"

#include <fstream>
#include <iterator>
#include <string>

using ticketd::messaging::queue_settings;

namespace {

const queue_settings queue;

std::string text_of(const std::string& path) {
  std::ifstream file(ticketd::test::checkout() + "/" + path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::string& text, const std::string& line) { return text.find(line) != std::string::npos; }

}  // namespace

TEST_CASE("the scripts name the queue as the settings do", "[messaging]") {
  const auto script = text_of("scripts/lib/dead_letters.py");
  CHECK(has(script, "\nQUEUE = \"" + queue.dead_queue + "\"\n"));
  CHECK(has(script, "\nORDERS = \"" + queue.queue + "\"\n"));
  CHECK(has(script, "\nEXCHANGE = \"" + queue.exchange + "\"\n"));
  CHECK(has(script, "\nDEAD_EXCHANGE = \"" + queue.dead_exchange + "\"\n"));
  CHECK(has(script, "\nROUTING_KEY = \"" + queue.routing_key + "\"\n"));
  const auto publish = text_of("tests/support/publish_raw.py");
  CHECK(has(publish, "\nEXCHANGE = \"" + queue.exchange + "\"\n"));
  CHECK(has(publish, "\nROUTING_KEY = \"" + queue.routing_key + "\"\n"));
}

TEST_CASE("docs/architecture.md names the queue as the settings do", "[messaging]") {
  const auto text = text_of("docs/architecture.md");
  const auto begin = text.find("\n## The message\n");
  REQUIRE(begin != std::string::npos);
  const auto section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  for (const auto& name : {queue.queue, queue.exchange, queue.routing_key, queue.dead_exchange, queue.dead_queue})
    CHECK(has(section, "`" + name + "`"));
  CHECK(has(section, "`" + std::to_string(queue.length_max) + "`"));
  CHECK(has(section, "`" + std::to_string(queue.delivery_limit) + "`"));
}
