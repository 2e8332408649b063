// ticketd: one executable, several roles. Reads the settings, starts the role, and ends it on a signal; or migrates.
#include "drain_time.hpp"
#include "erase.hpp"
#include "migrate.hpp"
#include "role.hpp"
#include "service_manager.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/observability/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace ticketd;

constexpr int exit_interrupted = 130;

std::unique_ptr<roles::role> make_role(const asio::any_io_executor& executor, const config::settings& settings) {
  switch (settings.role) {
    case config::role::api:
      return roles::make_api(executor, settings);
    case config::role::worker:
      return roles::make_worker(executor, settings);
    case config::role::payments:
      return roles::make_payments(executor, settings);
  }
  return nullptr;
}

awaitable<> exit_on_next_signal(asio::signal_set& signals) {
  co_await signals.async_wait(asio::use_awaitable);
  std::_Exit(exit_interrupted);
}

awaitable<> drain_on_signal(asio::io_context& context, asio::signal_set& signals, roles::role& role,
                            roles::service_manager& manager, std::chrono::milliseconds longest) {
  co_await signals.async_wait(asio::use_awaitable);
  manager.tell_stopping(longest);
  observability::log_info("process.draining", {{"longest_ms", longest.count()}});
  async::spawn(context.get_executor(), "process.exit", exit_on_next_signal(signals));
  co_await role.drain(deadline_in(longest));
  observability::log_info("process.stopped");
  context.stop();
}

// What comes out of it is a bug (async/spawn.hpp): the supervisor's restart is the remedy, and nothing is unwound that
// might wait for what is broken.
void run_until_stopped(asio::io_context& context) {
  try {
    context.run();
  } catch (const std::exception& exception) {
    observability::log_error("process.failed", {{"error", exception.what()}});
    observability::flush_log();
    std::_Exit(EXIT_FAILURE);
  }
}

void run(const config::settings& settings) {
  roles::service_manager manager(settings.service_manager);
  asio::io_context context(1);  // one thread: nothing inside locks
  asio::signal_set signals(context, SIGINT, SIGTERM);
  const auto role = make_role(context.get_executor(), settings);
  role->start();
  async::spawn(context.get_executor(), "process.drain",
               drain_on_signal(context, signals, *role, manager, roles::drain_time(settings)));
  async::spawn(context.get_executor(), "process.tell",
               manager.keep_informed(context.get_executor(), [&role] { return role->readiness(); }));
  observability::log_info("process.started", {{"role", to_string(settings.role)}});
  run_until_stopped(context);
}

int refuse_to_start(const config::exit_request& request) {
  std::fputs(request.text.c_str(), request.status == EXIT_SUCCESS ? stdout : stderr);
  return request.status;
}

}  // namespace

int main(int argc, char* argv[]) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that left is an error code, never the end of the process
  const auto read = config::read_settings(argc, argv);
  if (const auto* request = std::get_if<config::exit_request>(&read)) return refuse_to_start(*request);
  const auto& settings = std::get<config::settings>(read);
  try {
    if (!settings.erased_address.empty()) return roles::erase(settings);
    observability::start_logging(settings.log_level, settings.instance);
    if (settings.is_migration)
      roles::migrate(settings);
    else
      run(settings);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "ticketd: %s\n", exception.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
