// What a transaction does to tickets: gathered order by order, then written with a few set-based statements.
//
// Whoever changes stock holds the event's row lock (FOR NO KEY UPDATE) from the start of the transaction, and takes
// the locks of several events by id. That one lock an event stands in front of everything that is the event's
// (categories, revision, invoice numbers, the tickets of a buyer across its categories), so transactions can neither
// deadlock nor count twice. The foreign keys' FOR KEY SHARE passes it.
#pragma once

#include "persistence/pipeline.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ticketd::persistence {

class stock_ledger {
 public:
  void reserve(std::string_view event_id, std::string_view category_id, int quantity);
  void give_back(std::string_view event_id, std::string_view category_id, int quantity);
  // Sells, and counts the invoice. What was reserved before is no longer held: give_back().
  void confirm(std::string_view event_id, std::string_view category_id, int quantity, std::int64_t invoice);

  // Adds the statements that make it so.
  void write(pipeline& to) const;

 private:
  struct stock_change {
    std::int32_t sold = 0;
    std::int32_t held = 0;
  };

  stock_change& change_of(std::string_view event_id, std::string_view category_id);
  void write_stock(pipeline& to) const;
  void write_events(pipeline& to) const;

  std::map<std::pair<std::string, std::string>, stock_change> changes_;  // by event and category
  std::map<std::string, std::int64_t> last_invoices_;  // by event whose stock changes; 0 where it has no new one
};

}  // namespace ticketd::persistence
