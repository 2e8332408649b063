// An order's id: minted for each purchase, checked for each look at an order.
#include "samples.hpp"
#include "subject.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/order_id_mint.hpp"
#include "ticketd/orders/purchase.hpp"

#include <memory>
#include <string>

namespace ticketd::bench {

namespace {

constexpr int ids = 100;

// Shared, as a function that is called more than once can be copied, and a mint can't.
std::shared_ptr<domain::order_id_mint> make_mint() { return std::make_shared<domain::order_id_mint>(known_secrets); }

std::function<void()> mint_id() {
  return [mint = make_mint(), purchases = sample_purchases(ids), event = sample_event()] {
    for (const auto& purchase : purchases) keep(orders::mint_id(*mint, purchase, event));
  };
}

// From the path of the request.
std::function<void()> check_id() {
  std::vector<std::string> texts;
  for (const auto& id : sample_ids(ids)) texts.push_back(id.to_string());
  return [mint = make_mint(), texts = std::move(texts)] {
    for (const auto& text : texts) keep(mint->layout_of(domain::order_id::parse(text).value()));
  };
}

}  // namespace

std::vector<subject> order_id_subjects() { return {{"mint_id", ids, mint_id}, {"check_id", ids, check_id}}; }

}  // namespace ticketd::bench
