// Inputs as a sale under bench/purchase.lua brings them: one ticket each, every order by another buyer, of an event
// with three categories (bench/harness/laboratory.py). The same in every run, random parts included.
#pragma once

#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/domain/secrets.hpp"
#include "ticketd/domain/timestamp.hpp"
#include "ticketd/http/message.hpp"
#include "ticketd/orders/purchase.hpp"

#include <string_view>
#include <vector>

namespace ticketd::bench {

inline constexpr int orders_of_message = 100;
inline constexpr int orders_of_batch = 2'000;  // settled in one transaction, when the worker is behind
inline const domain::secrets known_secrets{"a-secret-of-the-benchmark"};

[[nodiscard]] domain::timestamp sample_time();  // of all purchases; the sale is open
[[nodiscard]] domain::event_snapshot sample_event();

// POST /api/v1/orders, with the headers that Nginx sends (deploy/nginx.conf), read by the server's parser.
[[nodiscard]] std::vector<http::request> sample_requests(int count);
[[nodiscard]] std::vector<orders::purchase_request> sample_purchases(int count);
[[nodiscard]] std::vector<domain::order_id> sample_ids(int count);
[[nodiscard]] std::vector<domain::accepted_order> sample_orders(int count);

}  // namespace ticketd::bench
