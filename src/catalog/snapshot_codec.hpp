// An event's reading as it lies in Redis, under cache_key(event_id).
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::catalog {

// The one function that names the key, for who writes and who reads.
[[nodiscard]] std::string cache_key(std::string_view event_id);

// Of two readings the one that is later by the database's clock counts, whatever its revision: a database that was
// restored, or made anew, is believed. In microseconds, which no revision of a database of before comes near.
[[nodiscard]] std::int64_t cache_version(const domain::event_snapshot& event) noexcept;

[[nodiscard]] std::string encode_snapshot(const domain::event_snapshot& event);

// nullopt for anything that this version did not write.
[[nodiscard]] std::optional<domain::event_snapshot> decode_snapshot(std::string_view text);

}  // namespace ticketd::catalog
