// /livez, /readyz and /metrics, on each role's own ops port. Never reachable through Nginx.
//
// Thread: the executor's. Owned by its role; what the dependencies and the metrics look at outlives it.
#pragma once

#include "ticketd/config/settings.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/http/server.hpp"
#include "ticketd/observability/ops.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ticketd::roles {

// Open at once: who scrapes, who orchestrates, and a person who looks. More: descriptors that buyers need.
inline constexpr std::size_t ops_connections_max = 100;

class ops_server {
 public:
  // Binds at once: throws boost::system::system_error if the port is taken.
  ops_server(const asio::any_io_executor& executor, const config::endpoint& listen,
             std::vector<observability::dependency> dependencies, std::function<std::string()> metrics_text);

  void start();

  [[nodiscard]] observability::health_report readiness() const;

  // From now on the role is not ready; the server itself answers to the end.
  void announce_drain() noexcept { is_draining_ = true; }

 private:
  awaitable<http::response> get_livez(const http::request&, http::path_parameter);
  awaitable<http::response> get_readyz(const http::request&, http::path_parameter);
  awaitable<http::response> get_metrics(const http::request&, http::path_parameter);

  static const http::endpoint<ops_server> endpoints[3];

  asio::any_io_executor executor_;
  std::vector<observability::dependency> dependencies_;
  std::function<std::string()> metrics_text_;
  std::unique_ptr<http::server> server_;
  bool is_draining_ = false;
};

}  // namespace ticketd::roles
