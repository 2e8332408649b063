// The log, and who has a hold on it: neither a reader that has stopped nor a stranger who makes noise gets at a buyer.
#include "support/catch2.hpp"
#include "support/eventually.hpp"
#include "support/http_calls.hpp"
#include "support/laboratory.hpp"
#include "support/program.hpp"
#include "support/servers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;
using namespace std::chrono_literals;

namespace {

// A pipe with no room left, and nobody who reads it.
class full_pipe {
 public:
  full_pipe() {
    REQUIRE(::pipe(ends_.data()) == 0);
    REQUIRE(::fcntl(ends_[1], F_SETFL, O_NONBLOCK) == 0);
    const std::string filling(4096, '.');
    while (::write(ends_[1], filling.data(), filling.size()) > 0) continue;
    while (::write(ends_[1], filling.data(), 1) > 0) continue;
    REQUIRE(::fcntl(ends_[1], F_SETFL, 0) == 0);
  }
  ~full_pipe() {
    for (const int end : ends_) ::close(end);
  }
  full_pipe(const full_pipe&) = delete;
  full_pipe& operator=(const full_pipe&) = delete;

  int writing_end() const { return ends_[1]; }

 private:
  std::array<int, 2> ends_{};
};

struct sandbox_of_its_own {
  laboratory lab;
  std::string listen = "127.0.0.1:" + std::to_string(lab.spare_port(1));
  std::string ops = "127.0.0.1:" + std::to_string(lab.spare_port(2));

  std::vector<std::string> command(const std::string& log_level) const {
    return {required_variable("TICKETD_LAB_BINARY"),
            "--role=payments",
            "--listen=" + listen,
            "--ops-listen=" + ops,
            "--sandbox-latency-ms=0",
            "--log-level=" + log_level};
  }
  bool is_ready() const { return send("http://" + ops, get("/readyz")).status() == 200; }
  double lines_lost() const {
    const auto text = send("http://" + ops, get("/metrics")).text();
    const std::string name = "\nticketd_log_lines_lost_total ";
    const auto at = text.find(name);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size()));
  }
};

// Charges whose traces ask to be written down: a line each.
std::vector<call> noise(int count) {
  std::vector<call> calls;
  for (int i = 0; i < count; ++i)
    calls.push_back({http::verb::post,
                     "/v1/payment_intents",
                     "amount=100&currency=try&confirm=true&payment_method=pm_card_visa",
                     {{"Authorization", "Bearer sk_test_noise"},
                      {"Content-Type", "application/x-www-form-urlencoded"},
                      {"Idempotency-Key", "noise-" + std::to_string(i)},
                      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}});
  return calls;
}

}  // namespace

TEST_CASE("A log that nobody reads stalls nobody, and what is lost of it is counted", "[log]") {
  const sandbox_of_its_own provider;
  const full_pipe nobody;
  // Standard error, too: whatever is written there is in nobody's way either.
  const std::string onto = ">&" + std::to_string(nobody.writing_end());
  std::vector<std::string> command{"/bin/sh", "-c", "exec \"$0\" \"$@\" " + onto + " 2>&1"};
  for (const auto& word : provider.command("debug")) command.push_back(word);
  running_program program(command);
  REQUIRE(eventually([&] { return provider.is_ready(); }));
  // More than the log's buffer has room for.
  const auto answers = send_all({"http://" + provider.listen}, noise(8000), 16);
  CHECK(count_of(answers, 200) == 8000);
  CHECK(provider.lines_lost() > 0);
  program.send_signal(SIGTERM);
  const auto ended = program.ends_within(20s);
  REQUIRE(ended);
  CHECK(ended->status == 0);
}

TEST_CASE("Of a kind of line that strangers bring about only so many are written a second", "[log]") {
  const sandbox_of_its_own provider;
  running_program program(provider.command("info"));
  REQUIRE(eventually([&] { return provider.is_ready(); }));
  const auto began = std::chrono::steady_clock::now();
  CHECK(count_of(send_all({"http://" + provider.listen}, noise(2000), 16), 200) == 2000);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
  const double lost = provider.lines_lost();
  program.send_signal(SIGTERM);
  const auto ended = program.ends_within(20s);
  REQUIRE(ended);
  const auto& log = ended->output;
  int written = 0;
  for (auto at = log.find("payment.asked"); at != std::string::npos; at = log.find("payment.asked", at + 1)) ++written;
  CHECK(written >= 50);
  CHECK(written <= 50 * (seconds + 1));
  CHECK(written + lost == 2000);
}
