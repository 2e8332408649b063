#include "api/description.hpp"

#include "ticketd/http/conditions.hpp"

#include <string>

namespace ticketd::roles::api {

// It changes with a release, under the same address: whoever keeps it for an hour misses nothing that would break, as
// members are only ever added to what a version of the API has.
http::response describe_api(const http::request& request) {
  auto response = http::json_unless_known(request, std::string(openapi_document()));
  response.set(http::field::cache_control, "max-age=3600");
  return response;
}

}  // namespace ticketd::roles::api
