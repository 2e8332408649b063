// When a database is whole, and when a restore is still under way.
#include "persistence/wholeness.hpp"
#include "support/catch2.hpp"

using ticketd::persistence::is_whole;
using ticketd::persistence::restored_parts;

TEST_CASE("a database is whole with its migrations, a category and its keys", "[wholeness]") {
  const restored_parts whole{.newest_migration = 6, .has_categories = true, .tables_without_key = 0};
  CHECK(is_whole(whole, 6));
  CHECK(is_whole(whole, 5));  // a newer version has migrated it
  CHECK_FALSE(is_whole(whole, 7));
  auto part = whole;
  SECTION("not before the note of its migrations") { part.newest_migration = 0; }
  SECTION("not without any category") { part.has_categories = false; }
  SECTION("not before each key") { part.tables_without_key = 1; }
  CHECK_FALSE(is_whole(part, 6));
}
