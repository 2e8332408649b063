// What a request would like, and does not insist on (RFC 7240).
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"

#include <chrono>
#include <optional>

namespace ticketd::roles::api {

// Of `Prefer: wait=N`; nullopt where it says nothing of waiting, or nothing that can be read. Of two the first counts.
[[nodiscard]] std::optional<std::chrono::seconds> preferred_wait(const http::request& request);

}  // namespace ticketd::roles::api
