#include "persistence/wholeness.hpp"

#include <utility>

namespace ticketd::persistence {

bool is_whole(const restored_parts& parts, std::size_t migrations) noexcept {
  constexpr std::int64_t tables_with_key = 3;
  return std::cmp_greater_equal(parts.newest_migration, migrations) && parts.has_categories &&
         parts.primary_keys == tables_with_key;
}

}  // namespace ticketd::persistence
