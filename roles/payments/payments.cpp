// The role payments: the sandbox provider behind a server of its own.
#include "ops_server.hpp"
#include "payments/sandbox.hpp"
#include "role.hpp"
#include "ticketd/async/spawn.hpp"

#include <utility>

namespace ticketd::roles {
namespace {

class payments final : public role {
 public:
  payments(const asio::any_io_executor& executor, const config::settings& settings)
      : executor_(executor),
        sandbox_(executor, settings.sandbox),
        server_(http::make_server(executor, settings.http,
                                  [this](http::request&& request) { return sandbox_.handle(std::move(request)); })),
        ops_(executor, settings.ops_listen, {}, [this] { return sandbox_.metrics_text(); }) {}

  void start() override {
    ops_.start();
    async::spawn(executor_, "sandbox.serve", server_->run());
  }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    co_await server_->drain(until);
  }

 private:
  asio::any_io_executor executor_;
  sandbox sandbox_;
  std::unique_ptr<http::server> server_;
  ops_server ops_;
};

}  // namespace

std::unique_ptr<role> make_payments(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<payments>(executor, settings);
}

}  // namespace ticketd::roles
