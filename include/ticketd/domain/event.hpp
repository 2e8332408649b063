// An event that is on sale, and what a reader may know of it at one moment.
//
// Values: any thread.
#pragma once

#include "ticketd/domain/money.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/domain/sale.hpp"
#include "ticketd/domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::domain {

enum class sale_status { scheduled, on_sale, sold_out, closed };

[[nodiscard]] std::string_view to_string(sale_status status) noexcept;

// A category as readers see it. remaining = capacity less what is sold and held.
struct category_view {
  std::string id;
  std::string name;
  money price;
  int capacity = 0;
  int remaining = 0;

  friend bool operator==(const category_view&, const category_view&) = default;
};

// One consistent reading of an event. Of two the one with the later `as_of` counts, which is when the database was
// read, by its own clock. `revision` grows with every committed change, and says that something has changed.
struct event_snapshot {
  std::string id;
  std::string name;
  std::string venue;
  timestamp starts_at;
  sale_window sale;
  int max_per_buyer = 1;
  std::vector<category_view> categories;
  std::int64_t revision = 0;
  timestamp as_of;
  int waiting = 0;  // orders that wait because somebody holds the event, as far as they were counted
  domain::id_layout id_layout = domain::id_layout::by_event;  // of its orders' ids, for as long as there is the event
  std::string secret_generation{};  // of what seals them (domain/secrets.hpp); "" where the event is of before these

  // When tickets are sold.
  [[nodiscard]] sale_window selling() const noexcept;
  [[nodiscard]] sale_status status(timestamp at) const noexcept;
  [[nodiscard]] const category_view* find_category(std::string_view category_id) const noexcept;
};

inline constexpr std::size_t slug_bytes_max = 64;

// Event and category ids are slugs: 1 to so many of a-z, 0-9 and '-', not starting with '-'. They are compared as they
// stand, so that "01" and "1" can never be two keys for one thing.
[[nodiscard]] bool is_slug(std::string_view text) noexcept;

}  // namespace ticketd::domain
