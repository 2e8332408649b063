#include "ticketd/orders/find_order.hpp"

#include "ticketd/async/spawn.hpp"
#include "ticketd/persistence/order_store.hpp"
#include "ticketd/persistence/with_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ticketd::orders {
namespace {

struct question {
  domain::order_id id;
  std::shared_ptr<async::one_shot<order_finder::answer>> answer;
};

using questions = std::vector<question>;

}  // namespace

class order_finder::implementation : public std::enable_shared_from_this<implementation> {
 public:
  implementation(const asio::any_io_executor& executor, persistence::database& database, finder_settings settings)
      : executor_(executor), database_(database), settings_(settings) {}

  awaitable<answer> find(const domain::order_id& id, deadline until) {
    const auto asked = std::make_shared<async::one_shot<answer>>();
    waiting_.push_back({id, asked});
    if (!is_running_) {
      is_running_ = true;
      async::spawn(executor_, "orders.find", [self = shared_from_this()] { return self->answer_all(); });
    }
    // The query is shared and goes on; only this one waits no longer.
    co_return co_await async::wait_until(asked, until,
                                         answer(make_error_code(persistence::database_errc::statement_timeout)));
  }

 private:
  awaitable<> answer_all() {
    co_await asio::post(executor_, asio::use_awaitable);  // who was woken together with the first asks, too
    while (!waiting_.empty()) {
      const questions batch = take_batch();
      if (batch.empty()) break;
      const auto found = co_await query(batch);
      deliver(batch, found);
    }
    is_running_ = false;
  }

  // Without those that nobody waits for any more.
  questions take_batch() {
    std::erase_if(waiting_, [](const question& asked) { return asked.answer->has_been_delivered(); });
    const auto size = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), settings_.batch_max));
    questions batch(waiting_.begin(), waiting_.begin() + size);
    waiting_.erase(waiting_.begin(), waiting_.begin() + size);
    return batch;
  }

  awaitable<result<std::vector<domain::order_view>>> query(const questions& batch) {
    std::vector<domain::order_id> ids;
    for (const auto& asked : batch) ids.push_back(asked.id);
    const deadline until = deadline_in(settings_.query);
    auto found = co_await persistence::with_session(
        database_, until, [&](persistence::session& on) { return on.orders().find(ids, until); });
    co_return found;
  }

  static void deliver(const questions& batch, const result<std::vector<domain::order_view>>& found) {
    if (!found) {
      for (const auto& asked : batch) asked.answer->deliver(found.error());
      return;
    }
    std::unordered_map<domain::order_id, const domain::order_view*> by_id;
    for (const auto& order : *found) by_id.emplace(order.id, &order);
    for (const auto& asked : batch) {
      const auto order = by_id.find(asked.id);
      asked.answer->deliver(order == by_id.end() ? std::nullopt : std::optional(*order->second));
    }
  }

  asio::any_io_executor executor_;
  persistence::database& database_;
  finder_settings settings_;
  questions waiting_;
  bool is_running_ = false;
};

order_finder::order_finder(const asio::any_io_executor& executor, persistence::database& database,
                           finder_settings settings)
    : implementation_(std::make_shared<implementation>(executor, database, settings)) {}

order_finder::~order_finder() = default;

awaitable<order_finder::answer> order_finder::find(const domain::order_id& id, deadline until) {
  return implementation_->find(id, until);
}

}  // namespace ticketd::orders
