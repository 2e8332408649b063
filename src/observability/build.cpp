#include "ticketd/observability/build.hpp"

#include "observability/version.hpp"

namespace ticketd::observability {

const build_description& this_build() noexcept { return written_by_cmake; }

}  // namespace ticketd::observability
