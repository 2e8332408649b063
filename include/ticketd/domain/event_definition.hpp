// What an organiser defines, and whether it may replace what there is.
//
// Pure: any thread.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ticketd::domain {

// What an event may be.
inline constexpr std::size_t event_text_bytes_max = 200;  // of a name, its own or a category's, and of the venue
inline constexpr std::size_t event_categories_max = 100;
inline constexpr int category_capacity_max = 10'000'000;
inline constexpr int event_max_per_buyer_max = 1'000;

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
  std::string secret_generation{};
  std::string editor{};  // who defines it, by the name of the admin token
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
  bool is_as_expected = true;  // what there is, or that there is nothing, is what whoever defines it goes by
  std::vector<taken_category> taken;
};

enum class define_mode { create_or_replace, only_if_absent };
enum class define_outcome {
  created,
  replaced,
  not_as_expected,    // somebody else has defined it meanwhile
  left_as_it_is,      // there is one, and it was not to be replaced
  capacity_conflict,  // a capacity would fall below what is sold and held, or that would change its currency
};

// Whether the sale closes after it opens: else nothing could ever be sold.
[[nodiscard]] bool has_time_to_sell(const sale_window& sale) noexcept;

// Whether the provider takes what any order costs that the limit per buyer allows.
[[nodiscard]] bool may_buy_as_many_as_allowed(const event_definition& event, const charge_bounds& takes) noexcept;

[[nodiscard]] define_outcome decide_definition(const event_definition& event, const definition_context& context,
                                               define_mode mode);

}  // namespace ticketd::domain
