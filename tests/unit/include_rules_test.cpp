// Who may include whom, the table of docs/architecture.md, held against the code; and that a namespace is a folder.
#include "support/catch2.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

using folders = std::set<std::string>;

const std::map<std::string, folders> allowed{
    {"domain", {}},
    {"async", {}},
    {"observability", {"domain", "async"}},
    {"http", {"domain", "async", "observability"}},
    {"persistence", {"domain", "async", "observability"}},
    {"cache", {"domain", "async", "observability"}},
    {"messaging", {"domain", "async", "observability"}},
    {"payment", {"domain", "async", "observability", "http"}},
    {"sandbox", {"domain", "async", "observability", "http"}},
    {"config", {"domain", "async", "observability", "http", "persistence", "cache", "messaging", "payment", "sandbox"}},
    {"orders", {"domain", "async", "observability", "persistence", "cache", "messaging", "payment", "catalog"}},
    {"catalog", {"domain", "async", "observability", "persistence", "cache"}},
};

struct include_line {
  fs::path file;
  std::string folder;    // the folder that includes ...
  std::string included;  // ... what lies in this one
  bool is_public = false;
};

// Includes of ours: "ticketd/<folder>/..." is public, "<folder>/..." lies beside the .cpp files.
std::vector<include_line> read_includes(const fs::path& root) {
  const std::regex ours(R"re(^#include "(ticketd/)?([a-z_]+)/.*)re");
  std::vector<include_line> lines;
  for (const char* top : {"include/ticketd", "src"})
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (!entry.is_regular_file()) continue;
      const auto relative = fs::relative(entry.path(), root / top);
      if (relative.begin() == --relative.end()) continue;  // src/precompiled.hpp
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);)
        if (std::smatch match; std::regex_match(line, match, ours))
          lines.push_back({entry.path(), relative.begin()->string(), match[2], match[1].matched});
    }
  return lines;
}

bool is_allowed(const include_line& line) {
  if (line.folder == line.included) return true;
  return line.is_public && allowed.at(line.folder).contains(line.included);
}

// The lines that open a namespace of ours, of C++ files below `top` that lie in a folder.
struct namespaces_of_file {
  fs::path file;
  std::string folder;
  folders opened;
};

std::vector<namespaces_of_file> read_namespaces(const fs::path& top) {
  const std::regex opening(R"re(^namespace (ticketd[a-z_:]*) \{.*)re");
  std::vector<namespaces_of_file> files;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    const auto relative = fs::relative(entry.path(), top);
    const bool is_source = entry.path().extension() == ".hpp" || entry.path().extension() == ".cpp";
    if (!is_source || relative.begin() == --relative.end()) continue;
    namespaces_of_file read{entry.path(), relative.begin()->string(), {}};
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (std::smatch match; std::regex_match(line, match, opening)) read.opened.insert(match[1]);
    files.push_back(std::move(read));
  }
  return files;
}

}  // namespace

TEST_CASE("each folder includes only what it may") {
  const auto includes = read_includes(TICKETD_SOURCE_DIR);
  REQUIRE(includes.size() > 100);
  for (const auto& line : includes) {
    INFO(line.file << " includes " << line.included);
    CHECK(allowed.contains(line.folder));
    CHECK((!allowed.contains(line.folder) || is_allowed(line)));
  }
}

TEST_CASE("public headers name no libpq, hiredis or amqp header") {
  const std::regex foreign(R"re(^#include <(libpq-fe|postgresql|hiredis|amqp|rabbitmq-c)[./].*)re");
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(TICKETD_SOURCE_DIR) / "include")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      INFO(entry.path() << ": " << line);
      CHECK_FALSE(std::regex_match(line, foreign));
    }
  }
}

TEST_CASE("a namespace is a folder") {
  const fs::path root(TICKETD_SOURCE_DIR);
  // A few words of async are everybody's.
  for (const auto& [top, prefix] :
       {std::pair(root / "include/ticketd", "ticketd::"), std::pair(root / "src", "ticketd::"),
        std::pair(root / "roles", "ticketd::roles::")})
    for (const auto& file : read_namespaces(top)) {
      INFO(file.file);
      const bool is_everybodys = file.folder == "async" && file.opened.contains("ticketd");
      CHECK((is_everybodys || file.opened.contains(prefix + file.folder)));
    }
}
