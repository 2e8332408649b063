// What systemd is told, and when.
#include "service_manager.hpp"
#include "support/catch2.hpp"
#include "support/notify_socket.hpp"
#include "support/run_coroutine.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <string>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

// A role whose database is there, or not, told of every few milliseconds.
struct told_role {
  observability::health_report readiness() const {
    return observability::report_readiness(
        {{"database", [this] { return is_database_up; }}, {"redis", [] { return false; }, false}}, false);
  }

  // The next message, with the coroutine run until it has come.
  std::optional<std::string> hears() {
    std::optional<std::string> message;
    test::run_until(io, [&] {
      if (!message) message = systemd.next(1ms);  // asked once more when it is so
      return message.has_value();
    });
    return message;
  }

  test::notify_socket systemd{"service-manager"};
  roles::service_manager manager{{.socket = systemd.address(), .watchdog = 10ms}};
  asio::io_context io;
  bool is_database_up = false;
};

}  // namespace

TEST_CASE("systemd hears READY once, when the role is, and before that is asked for time", "[service_manager]") {
  told_role role;
  async::spawn(role.io.get_executor(), "test.tell",
               role.manager.keep_informed(role.io.get_executor(), [&] { return role.readiness(); }));
  for (int beat = 0; beat < 3; ++beat) {
    CHECK(role.hears() == "EXTEND_TIMEOUT_USEC=30000000\n");
    CHECK(role.hears() == "WATCHDOG=1\nSTATUS=not ready, for want of database\n");
  }
  role.is_database_up = true;
  CHECK(role.hears() == "READY=1\n");
  for (int beat = 0; beat < 3; ++beat) CHECK(role.hears() == "WATCHDOG=1\nSTATUS=ready\n");
  role.is_database_up = false;
  CHECK(role.hears() == "WATCHDOG=1\nSTATUS=not ready, for want of database\n");
}

TEST_CASE("a role that stops says so, asks for as long as it may take, and is not ready any more",
          "[service_manager]") {
  told_role role;
  role.manager.tell_stopping(14s);
  CHECK(role.systemd.next() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=19000000\n");
  role.is_database_up = true;
  async::spawn(role.io.get_executor(), "test.tell",
               role.manager.keep_informed(role.io.get_executor(), [&] { return role.readiness(); }));
  for (int beat = 0; beat < 3; ++beat) CHECK(role.hears() == "WATCHDOG=1\nSTATUS=ready\n");
}

TEST_CASE("a thread that hangs is silent", "[service_manager]") {
  told_role role;
  role.is_database_up = true;
  async::spawn(role.io.get_executor(), "test.tell",
               role.manager.keep_informed(role.io.get_executor(), [&] { return role.readiness(); }));
  REQUIRE(role.hears() == "READY=1\n");
  while (role.systemd.next(1ms)) {
  }
  CHECK_FALSE(role.systemd.next(100ms));  // ten beats long, in which nobody runs the context
  CHECK(role.hears() == "WATCHDOG=1\nSTATUS=ready\n");
}

TEST_CASE("where there is nobody to tell, nothing goes on", "[service_manager]") {
  asio::io_context io;
  const std::string longer_than_a_path(200, 'x');
  for (const std::string& nobody : {std::string(), longer_than_a_path}) {
    roles::service_manager manager({.socket = nobody, .watchdog = 10ms});
    manager.tell_stopping(1s);
    test::run_coroutine(io, manager.keep_informed(io.get_executor(), [] { return observability::health_report(); }));
  }
}

TEST_CASE("a service manager that has gone is no failure", "[service_manager]") {
  asio::io_context io;
  roles::service_manager manager({.socket = "/nowhere/notify", .watchdog = 10ms});
  int beats = 0;
  async::spawn(io.get_executor(), "test.tell", manager.keep_informed(io.get_executor(), [&] {
    ++beats;
    return observability::health_report();
  }));
  test::run_until(io, [&] { return beats > 2; });
}
