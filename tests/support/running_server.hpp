// A server of ours on a thread of its own, for clients that block.
#pragma once

#include "ticketd/http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <thread>

namespace ticketd::test {

class running_server {
 public:
  explicit running_server(http::server_settings settings, http::handler handle);
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;
  ~running_server();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] std::size_t open_connections();
  // Until as many are open; false if it takes too long.
  [[nodiscard]] bool waits_for_connections(std::size_t count);
  // Begins a drain; the future is ready when it has returned.
  [[nodiscard]] std::future<void> drain(std::chrono::milliseconds time_limit);

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<http::server> server_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace ticketd::test
