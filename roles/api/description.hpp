// GET /api/v1/openapi.json: the API as it describes itself, in OpenAPI 3.1.
//
// The document is openapi.json beside this file, written by hand; the build embeds it (embed_openapi.cmake), and
// tests/unit/openapi_test.cpp holds it against the endpoint table, the problems, and what is read and rendered here.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/http/message.hpp"

#include <string_view>

namespace ticketd::roles::api {

[[nodiscard]] std::string_view openapi_document() noexcept;

// The document, or 304 where If-None-Match names it.
[[nodiscard]] http::response describe_api(const http::request& request);

}  // namespace ticketd::roles::api
