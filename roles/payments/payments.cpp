// The role payments: the sandbox provider behind a server of its own.
#include "ops_server.hpp"
#include "problems.hpp"
#include "role.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/server.hpp"
#include "ticketd/sandbox/sandbox.hpp"

#include <utility>

namespace ticketd::roles::payments {
namespace {

class payments_role final : public role {
 public:
  payments_role(const asio::any_io_executor& executor, const config::settings& settings)
      : executor_(executor),
        provider_(sandbox::make_provider(executor, settings.sandbox)),
        server_(make_server(settings.http)),
        ops_(executor, settings.ops_listen, {}, [this] { return provider_->metrics_text(); }) {}

  void start() override {
    ops_.start();
    async::spawn(executor_, "sandbox.serve", server_->run());
  }

  observability::health_report readiness() const override { return ops_.readiness(); }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    co_await server_->drain(until);
  }

 private:
  std::unique_ptr<http::server> make_server(http::server_settings settings) {
    settings.problem_of = problem_of;
    return http::make_server(executor_, std::move(settings),
                             [this](http::request&& request) { return provider_->handle(std::move(request)); });
  }

  asio::any_io_executor executor_;
  std::unique_ptr<sandbox::provider> provider_;
  std::unique_ptr<http::server> server_;
  ops_server ops_;
};

}  // namespace
}  // namespace ticketd::roles::payments

namespace ticketd::roles {

std::unique_ptr<role> make_payments(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<payments::payments_role>(executor, settings);
}

}  // namespace ticketd::roles
