// What a transaction does to tickets: gathered order by order, then written with a few set-based statements.
//
// Whoever changes stock holds the event's row lock (FOR NO KEY UPDATE) from the start of the transaction, and takes
// the locks of several events by id. That one lock an event stands in front of everything that is the event's
// (categories, revision, invoice numbers, the tickets of a buyer across its categories), so transactions can neither
// deadlock nor count twice. The foreign keys' FOR KEY SHARE passes it.
#pragma once

#include "persistence/pipeline.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id_mint.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::persistence {

class stock_ledger {
 public:
  void reserve(const std::string& event_id, const std::string& category_id, int quantity);
  void give_back(const std::string& event_id, const std::string& category_id, int quantity);
  // Tickets and an invoice, numbered in the order of the calls.
  void confirm(const domain::order_id& order, const std::string& event_id, const std::string& category_id, int quantity,
               const domain::money& total, bool was_reserved);

  // Adds the statements that make it so. `mint` writes the ticket codes.
  void write(pipeline& to, domain::order_id_mint& mint) const;

 private:
  struct stock_change {
    std::int32_t sold = 0;
    std::int32_t held = 0;
  };
  struct ticket_sale {
    domain::order_id order;
    std::string event_id;
    std::int32_t place;  // among the event's invoices of this transaction, from 1
    std::int32_t quantity;
    domain::money total;
  };

  stock_change& change_of(const std::string& event_id, const std::string& category_id);
  void write_stock(pipeline& to) const;
  void write_invoices(pipeline& to) const;
  void write_tickets(pipeline& to, domain::order_id_mint& mint) const;

  std::map<std::pair<std::string, std::string>, stock_change> changes_;  // by event and category
  std::map<std::string, std::int32_t> invoices_;                         // by event; none is 0
  std::vector<ticket_sale> sales_;
};

}  // namespace ticketd::persistence
