// The migrations, embedded at build time from migrations/NNNN_name.sql (see embed_migrations.cmake).
#pragma once

#include <span>

namespace ticketd::persistence {

struct migration {
  int number;
  const char* name;
  const char* sql;
};

// In order of their numbers, which are 1, 2, 3 ...
[[nodiscard]] std::span<const migration> migrations() noexcept;

}  // namespace ticketd::persistence
