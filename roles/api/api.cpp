// The api: takes purchases and answers reads. Any number of replicas run side by side; none keeps anything that
// another would miss.
#include "api/availability_streams.hpp"
#include "api/endpoints.hpp"
#include "api/headers.hpp"
#include "api/make_purchasing.hpp"
#include "api/missing_secrets.hpp"
#include "api/request_age.hpp"
#include "api/time_budgets.hpp"
#include "api/watcher_room.hpp"
#include "ops_server.hpp"
#include "problems.hpp"
#include "role.hpp"
#include "selling_parts.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/http/event_stream.hpp"
#include "ticketd/messaging/change_notices.hpp"
#include "ticketd/orders/watch_orders.hpp"

#include <algorithm>
#include <iterator>

namespace ticketd::roles::api {
namespace {

class api_role final : public role {
 public:
  api_role(const asio::any_io_executor& executor, const config::settings& settings)
      : parts_(executor, settings),
        budgets_(time_budgets_of(settings)),
        reader_(executor, *parts_.database, parts_.cache.get(), parts_.clock,
                {.reading = budgets_.read, .l1_for = parts_.settings.copy_life}, parts_.metrics),
        define_event_(*parts_.database, reader_, parts_.availability, parts_.settings.id_layout,
                      domain::generation_of(parts_.settings.secrets.current)),
        finder_(executor, *parts_.database, {.query = budgets_.find}),
        watch_orders_(executor, *parts_.database, parts_.clock, {.query = budgets_.find}, parts_.metrics),
        streams_(executor, {}, parts_.metrics),
        availability_(executor, reader_, parts_.clock, {.read = budgets_.read}),
        room_(settings.watchers_max),
        purchasing_(make_purchasing(parts_, reader_, finder_, watch_orders_, budgets_)),
        missing_secrets_(reader_, parts_.mint, parts_.clock),
        event_routes_(reader_, define_event_, {availability_, streams_, room_}, parts_.clock,
                      parts_.settings.charge_bounds, parts_.settings.admins),
        order_routes_(*purchasing_, finder_, {watch_orders_.watchers(), streams_, room_, budgets_.wait_for_change},
                      parts_.mint, missing_secrets_, host_clock_, age_, queue_),
        dispatcher_({event_routes_, order_routes_}, budgets_, parts_.settings.admins, host_clock_, age_, queue_,
                    http::cors(cors_settings_of(settings.cors_origins)), parts_.metrics),
        server_(make_server()),
        ops_(executor, settings.ops_listen, dependencies(), [this] { return metrics_text(); }) {
    if (settings.purchase == config::purchase_mode::async)
      notices_ = messaging::make_change_subscriber(
          executor, settings.changes, [this](auto changed) { watch_orders_.note_changed(changed); }, parts_.metrics);
  }

  void start() override {
    ops_.start();
    async::spawn(parts_.executor, "api.serve", serve());
    async::spawn(parts_.executor, "api.prepare", prepare());
    async::spawn(parts_.executor, "orders.watch", watch_orders_.run());
    async::spawn(parts_.executor, "availability.push", availability_.run());
    async::spawn(parts_.executor, "streams.keep_open", streams_.run());
    parts_.start();
  }

  observability::health_report readiness() const override { return ops_.readiness(); }

  awaitable<> drain(deadline until) override {
    ops_.announce_drain();
    watch_orders_.watchers().let_all_go();
    co_await server_->drain(until);
    co_await purchasing_->drain(until);
  }

 private:
  std::unique_ptr<http::server> make_server() {
    http::server_settings settings = parts_.settings.http;
    settings.body_max = largest_body();
    settings.problem_of = problem_of;
    settings.uncounted_connections = [this] { return room_.waits(); };
    return http::make_server(parts_.executor, settings,
                             [this](http::request&& request) { return dispatcher_.handle(std::move(request)); });
  }

  // A replica gets buyers as soon as its port is open. Before it has reached the broker they wait in the backlog, for a
  // moment, rather than hear that there is none.
  awaitable<> serve() {
    const deadline until = deadline_in(start_times{}.broker_wait);
    while (!purchasing_->is_ready() && std::chrono::steady_clock::now() < until)
      co_await async::pause(parts_.executor, start_times{}.broker_look);
    co_await server_->run();
  }

  awaitable<> prepare() {
    co_await parts_.bring_schema_up_to_date();
    if (parts_.settings.is_demo_on) co_await create_demo_event();
    parts_.note_prepared();
    purchasing_->start();
    async::spawn(parts_.executor, "secrets.watch", watch_secrets());
    if (parts_.cache) co_await reader_.keep_warm();
  }

  awaitable<> watch_secrets() {
    for (;;) {
      co_await missing_secrets_.look(deadline_in(start_times{}.secrets_look));
      if (missing_secrets_.is_any_unnamed()) co_await parts_.name_old_secret();
      co_await async::pause(parts_.executor, start_times{}.secrets_look);
    }
  }

  awaitable<> create_demo_event() {
    const auto event = catalog::demo_event();
    for (;;) {
      // Not as the condition of a `while`, where GCC 12 miscompiles it.
      const auto defined =
          co_await define_event_(event, domain::define_mode::only_if_absent, deadline_in(budgets_.define));
      if (defined) co_return;
      co_await async::pause(parts_.executor, start_times{}.demo_retry);
    }
  }

  // Ready is: send me buyers. Who has read the events sells by the copies of them, while the broker confirms; without
  // copies, or where the purchase itself is written, the database is needed.
  std::vector<observability::dependency> dependencies() {
    const bool sells_by_copies = purchasing_->sells_without_database() && reader_.has_cache();
    auto all = parts_.dependencies(sells_by_copies ? selling_parts::need::nothing : selling_parts::need::database);
    if (sells_by_copies) all.push_back({"catalogue", [this] { return reader_.knows_all_events(); }});
    std::ranges::move(purchasing_->dependencies(), std::back_inserter(all));
    return all;
  }

  std::string metrics_text() {
    parts_.metrics.open_connections.Set(static_cast<double>(server_->open_connections()));
    parts_.metrics.watchers_open.Set(static_cast<double>(room_.taken()));
    return parts_.metrics.to_text();
  }

  selling_parts parts_;
  const time_budgets budgets_;
  catalog::event_reader reader_;
  catalog::define_event define_event_;
  orders::order_finder finder_;
  orders::watch_orders watch_orders_;
  http::event_streams streams_;
  availability_streams availability_;
  watcher_room room_;
  std::unique_ptr<purchasing> purchasing_;
  domain::system_clock host_clock_;  // ages are differences to Nginx's: the database's clock may be set meanwhile
  request_age age_;
  standing_queue queue_;
  missing_secrets missing_secrets_;
  event_routes event_routes_;
  order_routes order_routes_;
  endpoint_dispatcher dispatcher_;
  std::unique_ptr<http::server> server_;
  ops_server ops_;
  std::unique_ptr<messaging::change_subscriber> notices_;  // with --purchase=async
};

}  // namespace
}  // namespace ticketd::roles::api

namespace ticketd::roles {

std::unique_ptr<role> make_api(const asio::any_io_executor& executor, const config::settings& settings) {
  return std::make_unique<api::api_role>(executor, settings);
}

}  // namespace ticketd::roles
