#include "ops_server.hpp"

#include "problems.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/process_metrics.hpp"

#include <utility>

namespace ticketd::roles {

// clang-format off
constexpr http::endpoint<ops_server> ops_server::endpoints[] = {
    {http::verb::get, "/livez",   &ops_server::get_livez},
    {http::verb::get, "/readyz",  &ops_server::get_readyz},
    {http::verb::get, "/metrics", &ops_server::get_metrics},
};
// clang-format on

ops_server::ops_server(const asio::any_io_executor& executor, const config::endpoint& listen,
                       std::vector<observability::dependency> dependencies, std::function<std::string()> metrics_text)
    : executor_(executor), dependencies_(std::move(dependencies)), metrics_text_(std::move(metrics_text)) {
  http::server_settings settings;
  settings.address = listen.address;
  settings.port = listen.port;
  settings.connections_max = ops_connections_max;
  settings.problem_of = problem_of;
  server_ = http::make_server(executor, settings, [this](http::request&& request) -> awaitable<http::response> {
    const http::request received = std::move(request);
    co_return co_await http::route<ops_server>(endpoints, *this, received, problem_of);
  });
}

void ops_server::start() { async::spawn(executor_, "ops.serve", server_->run()); }

observability::health_report ops_server::readiness() const {
  return observability::report_readiness(dependencies_, is_draining_);
}

// Alive is: this very thread, which serves the buyers, gets to answer.
awaitable<http::response> ops_server::get_livez(const http::request&, http::path_parameter) {
  co_return http::make_json(http::status::ok, R"({"status":"ok"})");
}

awaitable<http::response> ops_server::get_readyz(const http::request&, http::path_parameter) {
  const auto report = readiness();
  co_return http::make_json(report.is_healthy ? http::status::ok : http::status::service_unavailable, report.json);
}

awaitable<http::response> ops_server::get_metrics(const http::request&, http::path_parameter) {
  co_return http::make_text(http::status::ok, metrics_text_() + observability::process_metrics_text(),
                            "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace ticketd::roles
