// Looks orders up by id, many buyers' questions in one query: ids that are asked for while a query is under way share
// the next one. A page that polls costs the database the same whether a hundred or a hundred thousand people watch it.
//
// Thread: the executor's. The database outlives the finder.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/async/one_shot.hpp"
#include "ticketd/async/result.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/persistence/database.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace ticketd::orders {

struct finder_settings {
  std::chrono::milliseconds query{};  // of one query, whoever waits for it
  std::size_t batch_max = 500;        // ids a query
};

class order_finder {
 public:
  using answer = result<std::optional<domain::order_view>>;

  order_finder(const asio::any_io_executor& executor, persistence::database& database, finder_settings settings);
  ~order_finder();

  // nullopt: not settled, or never heard of (domain::order_id_mint::layout_of tells the two apart). Fails with
  // database_errc; statement_timeout where the deadline came first.
  [[nodiscard]] awaitable<answer> find(const domain::order_id& id, deadline until);

 private:
  class implementation;
  std::shared_ptr<implementation> implementation_;
};

}  // namespace ticketd::orders
