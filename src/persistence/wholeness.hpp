// Whether the database is whole. While a backup comes in, tables are there before their rows, rows before the keys, and
// the note of migrations somewhere in between: what is missing would be decided as gone.
//
// Pure. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ticketd::persistence {

// What a restore brings one after the other.
struct restored_parts {
  std::int32_t newest_migration = 0;  // 0: none
  bool has_categories = false;
  std::int64_t tables_without_key = 0;  // of those that settlement reads and writes
};

// `migrations`: how many this executable has. A newer schema is whole, too. Of a database without any category nobody
// was ever accepted an order.
[[nodiscard]] bool is_whole(const restored_parts& parts, std::size_t migrations) noexcept;

}  // namespace ticketd::persistence
