// What a role says at GET /readyz of its own ops port, which is never reachable through Nginx.
//
// Thread: the executor's, as that is where a role's dependencies are asked. The list is its role's, and what `is_up`
// looks at outlives it. Nothing here fails.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::observability {

struct dependency {
  std::string name;  // "database", "redis", "broker", "payments"
  std::function<bool()> is_up;
  bool is_required = true;  // whether the role is not ready without it
};

struct health_report {
  bool is_healthy = true;
  // {"status": "ok", "dependencies": {"database": "up", ...}}, a line for each dependency. The status is "degraded"
  // where a dependency that is not required is down, "unavailable" where a required one is, or "draining".
  std::string json;
  std::string missing;  // the names of what is required and down: "database, broker"
};

[[nodiscard]] health_report report_readiness(const std::vector<dependency>& dependencies, bool is_draining);

}  // namespace ticketd::observability
