// What an organiser defines, and whether it may replace what there is.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <span>
#include <string>
#include <vector>

namespace ticketd::domain {

// The same in a PUT and in the database.
struct category_definition {
  std::string id;
  std::string name;
  money price;
  int capacity = 0;
};

struct event_definition {
  std::string id;
  std::string name;
  std::string venue;
  timestamp starts_at;
  sale_window sale;
  int max_per_buyer = 1;
  std::vector<category_definition> categories;
  // Of its orders' ids, where the event is new; one that there is keeps its own.
  domain::id_layout id_layout = domain::id_layout::by_event;
};

// A category of which something is sold or held.
struct taken_category {
  std::string id;
  int tickets = 0;
  std::string currency;
};

// What must be known to define an event.
struct definition_context {
  bool is_new = false;
  std::vector<taken_category> taken;
};

enum class define_mode { create_or_replace, only_if_absent };
enum class define_outcome {
  created,
  replaced,
  left_as_it_is,      // there is one, and it was not to be replaced
  capacity_conflict,  // a capacity would fall below what is sold and held, or that would change its currency
};

[[nodiscard]] define_outcome decide_definition(const event_definition& event, const definition_context& context,
                                               define_mode mode);

}  // namespace ticketd::domain
