#include "ticketd/persistence/database.hpp"

#include "persistence/connect_options.hpp"
#include "persistence/connection.hpp"
#include "persistence/connection_room.hpp"
#include "persistence/migrations.hpp"
#include "persistence/pool_state.hpp"
#include "persistence/postgres_session.hpp"
#include "ticketd/async/backoff.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace ticketd::persistence {
namespace {

// With some connections open, one more is not urgent. Longer: room is found later; shorter: everybody asks a full
// server at once.
constexpr async::backoff_settings pauses_at_full_server{.first = std::chrono::seconds(1),
                                                        .most = std::chrono::seconds(15)};

using connection_ptr = std::shared_ptr<connection>;

class pool : public std::enable_shared_from_this<pool> {
 public:
  pool(const asio::any_io_executor& executor, const database_settings& settings, observability::metrics& metrics)
      : executor_(executor),
        options_(settings.url, settings.instance),
        limits_(settings.limits),
        share_(settings.share),
        connect_max_(settings.connect),
        state_(settings.connections, settings.waiters_max),
        metrics_(metrics),
        pause_(executor) {}

  awaitable<result<connection_ptr>> acquire(deadline until) {
    const auto started = std::chrono::steady_clock::now();
    auto got = co_await take_or_wait(until);
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - started;
    metrics_.pool_wait_seconds.Observe(waited.count());
    show();
    co_return got;
  }

  // One that is nobody else's, and never the pool's.
  awaitable<result<connection_ptr>> connect_apart() {
    auto fresh = std::make_shared<connection>(executor_, limits_, metrics_);
    const error_code error = co_await fresh->connect(options_, deadline_in(connect_max_));
    if (error) co_return error;
    co_return fresh;
  }

  bool is_reachable() {
    open_what_is_missing();
    return state_.is_reachable();
  }

  // Ends what runs in the background; sessions that are out are closed when they come back.
  void stop() {
    is_stopping_ = true;
    pause_.cancel();
    for (const auto& opening : opening_) opening->cancel();
    state_.sweep([](const auto&) { return true; });
  }

 private:
  struct waiter;
  using state = pool_state<connection_ptr, waiter*>;

  // A place in the queue. Whoever is destroyed while waiting leaves it, and hands on what it was granted meanwhile.
  struct waiter {
    explicit waiter(pool& in) : owner(in), alarm(in.executor_) { owner.state_.join(this); }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    ~waiter() {
      owner.state_.leave(this);
      if (granted) owner.take_back(std::move(granted));
    }

    pool& owner;
    asio::steady_timer alarm;  // at the deadline, or cancelled when there is an answer
    connection_ptr granted;
    bool is_refused = false;
  };

  awaitable<result<connection_ptr>> take_or_wait(deadline until) {
    const auto self = shared_from_this();
    sweep();
    if (auto idle = state_.take_idle()) co_return lend(std::move(*idle));
    switch (state_.admit()) {
      case state::admission::unreachable:
        open_what_is_missing();
        co_return database_errc::unreachable;
      case state::admission::too_many_waiters:
        co_return database_errc::pool_wait_timeout;
      case state::admission::may_wait:
        break;
    }
    waiter me(*this);
    open_what_is_missing();
    me.alarm.expires_at(until);
    error_code ignored;
    co_await me.alarm.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (me.granted) co_return lend(std::exchange(me.granted, nullptr));
    const bool is_cut_off = state_.open() == 0;  // what is being connected to says nothing at all
    co_return me.is_refused || is_cut_off ? database_errc::unreachable : database_errc::pool_wait_timeout;
  }

  // A session holds this; when it lets go, the connection comes back.
  connection_ptr lend(connection_ptr ours) {
    auto* const lent = ours.get();
    return {lent, [weak = weak_from_this(), ours = std::move(ours)](connection*) mutable {
              if (const auto self = weak.lock()) self->take_back(std::move(ours));
            }};
  }

  // One that is not idle (its user was cancelled between two statements, or in the middle of one) is closed: the
  // server rolls back when it sees that, and a destructor could not wait for a ROLLBACK.
  void take_back(connection_ptr returned) {
    if (!is_stopping_ && returned->is_idle())
      pass_on(state_.given_back(std::move(returned)));
    else
      state_.discarded(returned->is_lost());
    open_what_is_missing();
  }

  void pass_on(std::optional<state::grant> granted) {
    if (!granted) return;
    granted->to->granted = std::move(granted->of);
    granted->to->alarm.cancel();
  }

  void sweep() {
    state_.sweep([](const connection_ptr& idle) { return !idle->is_idle(); });
  }

  void open_what_is_missing() {
    if (is_stopping_) return;
    sweep();
    while (state_.wants_another()) {
      state_.opening();
      async::spawn(executor_, "database.connect", open(shared_from_this()));
    }
    show();
  }

  // A pooler has a budget of its own (docs/operations.md), and what lies behind it says nothing about it.
  awaitable<error_code> leave_enough(connection& fresh, deadline until) {
    if (share_ == connection_share::everything || fresh.is_pooled()) co_return error_code();
    const auto room = co_await fresh.room(until);
    if (!room) co_return room.error();
    if (leaves_enough(*room, share_, state_.open() == 0)) co_return error_code();
    observability::log_warning("database.full", {{"detail", "what is left is for others"},
                                                 {"slots", room->slots},
                                                 {"free", room->free},
                                                 {"open", state_.open()}});
    co_return database_errc::out_of_resources;
  }

  awaitable<error_code> connect(connection& fresh) {
    const deadline until = deadline_in(connect_max_);
    auto error = co_await fresh.connect(options_, until);
    if (!error) error = co_await leave_enough(fresh, until);
    co_return error;
  }

  // Opens one connection. If that fails and nobody else is trying, keeps trying until the server is back, or has room.
  static awaitable<> open(std::shared_ptr<pool> self) {
    for (;;) {
      auto fresh = std::make_shared<connection>(self->executor_, self->limits_, self->metrics_);
      const auto entry = self->opening_.insert(self->opening_.end(), fresh);
      const error_code error = co_await self->connect(*fresh);
      self->opening_.erase(entry);
      if (self->is_stopping_) co_return;
      if (!error) {
        self->backoff_.reset();
        self->full_backoff_.reset();
        self->pass_on(self->state_.opened(std::move(fresh)));
        self->open_what_is_missing();
        co_return;
      }
      fresh.reset();
      const bool is_full = error == database_errc::out_of_resources;
      for (auto* const refused : is_full ? self->state_.found_no_room() : self->state_.failed_to_open()) {
        refused->is_refused = true;
        refused->alarm.cancel();
      }
      if (!self->state_.wants_another()) co_return;
      self->state_.opening();
      const bool has_some = is_full && self->state_.open() > 0;
      self->pause_.expires_after(has_some ? self->full_backoff_.next() : self->backoff_.next());
      error_code ignored;
      co_await self->pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (self->is_stopping_ || !self->state_.tries_again()) co_return;
    }
  }

  void show() {
    metrics_.pool_busy.Set(static_cast<double>(state_.busy()));
    metrics_.pool_open.Set(static_cast<double>(state_.open()));
  }

  asio::any_io_executor executor_;
  connect_options options_;
  server_limits limits_;
  connection_share share_;
  std::chrono::milliseconds connect_max_;
  state state_;
  observability::metrics& metrics_;
  std::list<connection_ptr> opening_;
  asio::steady_timer pause_;  // between two attempts
  async::backoff backoff_;
  async::backoff full_backoff_{pauses_at_full_server};
  bool is_stopping_ = false;
};

class pooled_database final : public database {
 public:
  explicit pooled_database(std::shared_ptr<pool> of) : pool_(std::move(of)) {}
  ~pooled_database() override { pool_->stop(); }

  awaitable<result<std::unique_ptr<session>>> acquire(deadline until) override {
    auto lent = co_await pool_->acquire(until);
    if (!lent) co_return lent.error();
    co_return std::make_unique<postgres_session>(std::move(*lent));
  }

  bool is_reachable() const noexcept override { return pool_->is_reachable(); }

  awaitable<result<void>> migrate(deadline until) override {
    const auto lent = co_await pool_->acquire(until);
    if (!lent) co_return lent.error();
    const auto schema = co_await look_at_schema(**lent, until);
    if (!schema) co_return schema.error();
    if (*schema == schema_state::up_to_date) co_return result<void>();
    auto keeper = *lent;
    if (keeper->is_pooled()) {
      const auto apart = co_await pool_->connect_apart();
      if (!apart) co_return apart.error();
      keeper = *apart;
    }
    co_return co_await persistence::migrate(**lent, *keeper, until);
  }

 private:
  std::shared_ptr<pool> pool_;
};

}  // namespace

std::unique_ptr<database> make_database(const asio::any_io_executor& executor, database_settings settings,
                                        observability::metrics& metrics) {
  return std::make_unique<pooled_database>(std::make_shared<pool>(executor, settings, metrics));
}

}  // namespace ticketd::persistence
