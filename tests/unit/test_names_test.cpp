// CTest runs each test case by its name: a list of CMake's ends at a semicolon, and what begins with a dash is a flag
// to Catch2. Either would run nothing, and pass.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/patterns.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace fs = std::filesystem;

TEST_CASE("a test case has a name that CTest can pass on") {
  const ticketd::test::pattern declared(R"re(\bTEST_CASE\(\s*"([^"]*)")re");
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ticketd::test::checkout()) / "tests/unit")) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const auto& name : declared.captures_in(text)) {
      INFO(entry.path() << ": " << name);
      CHECK(name.find_first_of(";\\") == std::string::npos);
      CHECK(name.find_first_of("-~*") != 0);
      ++count;
    }
  }
  CHECK(count > 100);
}

// Catch2 2.13 indents a name that takes several lines as far as its first colon, and where that is beyond the line's
// width it ends (or loops) in the middle of the report: nobody learns what failed.
TEST_CASE("a test case has a name that a report of its failure can wrap") {
  constexpr std::size_t indent_max = 70;
  const ticketd::test::pattern declared(R"re(\bTEST_CASE\(\s*"([^"]*)")re");
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ticketd::test::checkout()) / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const auto& name : declared.captures_in(text)) {
      INFO(entry.path() << ": " << name);
      const auto colon = name.find(": ");
      CHECK((colon == std::string::npos || colon < indent_max));
      ++count;
    }
  }
  CHECK(count > 300);
}
