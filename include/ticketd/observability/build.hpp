// Which build this is: what --version says, and the labels of ticketd_build_info.
//
// Thread: any. Nothing here fails; the texts live as long as the program.
#pragma once

#include <string_view>

namespace ticketd::observability {

struct build_description {
  std::string_view version;   // the project's, of CMakeLists.txt
  std::string_view compiler;  // "GNU 12.2.0"
  std::string_view boost;     // "1.81.0": most of what was compiled in
};

[[nodiscard]] const build_description& this_build() noexcept;

}  // namespace ticketd::observability
