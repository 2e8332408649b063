// A Redis of a test's own: a map that keeps versions as the real one does, and is down when it is told to be.
#pragma once

#include "ticketd/cache/versioned_cache.hpp"

#include <map>
#include <string>

namespace ticketd::test {

class fake_cache final : public cache::versioned_cache {
 public:
  struct entry {
    std::int64_t version = 0;
    std::string value;
  };
  std::map<std::string, entry> values;
  bool is_down = false;
  int gets = 0;

  awaitable<cache::lookup> get(std::string_view key, deadline) override {
    ++gets;
    if (is_down) co_return cache::lookup{};
    const auto found = values.find(std::string(key));
    if (found == values.end()) co_return cache::lookup{cache::lookup_status::miss, ""};
    co_return cache::lookup{cache::lookup_status::hit, found->second.value};
  }

  awaitable<bool> put(std::string_view key, std::int64_t version, std::string_view value, deadline) override {
    if (is_down) co_return false;
    auto& kept = values[std::string(key)];
    if (version >= kept.version) kept = {version, std::string(value)};
    co_return true;
  }

  bool is_up() const noexcept override { return !is_down; }
};

}  // namespace ticketd::test
