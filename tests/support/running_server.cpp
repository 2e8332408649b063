#include "support/running_server.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

namespace ticketd::test {

using namespace std::chrono_literals;

running_server::running_server(http::server_settings settings, http::handler handle)
    : server_(http::make_server(context_.get_executor(), std::move(settings), std::move(handle))),
      port_(server_->port()) {
  async::spawn(context_.get_executor(), "server", server_->run());
  thread_ = std::thread([this] { context_.run(); });
}

running_server::~running_server() {
  drain(0ms).wait();
  context_.stop();
  thread_.join();
}

std::size_t running_server::open_connections() {
  return asio::post(context_, asio::use_future([this] { return server_->open_connections(); })).get();
}

bool running_server::waits_for_connections(std::size_t count) {
  const auto until = deadline_in(10s);
  while (open_connections() != count) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::future<void> running_server::drain(std::chrono::milliseconds time_limit) {
  return asio::co_spawn(context_, server_->drain(deadline_in(time_limit)), asio::use_future);
}

}  // namespace ticketd::test
