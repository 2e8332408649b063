#include "persistence/wholeness.hpp"

#include <utility>

namespace ticketd::persistence {

bool is_whole(const restored_parts& parts, std::size_t migrations) noexcept {
  return std::cmp_greater_equal(parts.newest_migration, migrations) && parts.has_categories &&
         parts.tables_without_key == 0;
}

}  // namespace ticketd::persistence
