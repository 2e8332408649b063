// Who may include whom, as the table of docs/architecture.md says, held against the code; that a namespace is a folder;
// and that a header begins with what it is for, and which thread may call it.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"

#include <boost/algorithm/string/join.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace ticketd;

using folders = std::set<std::string>;

// "`http/`, `cache/`": http and cache.
folders folders_in(const std::string& cell) {
  folders named;
  for (const auto& word : test::code_words(cell)) named.insert(word.substr(0, word.find('/')));
  return named;
}

// The table. Not with the roles, which may include everything.
std::map<std::string, folders> read_table() {
  std::map<std::string, folders> allowed;
  for (const auto& row : test::table_below(test::read_document("docs/architecture.md"), "## Modules"))
    for (const auto& folder : folders_in(row[0])) {
      INFO(folder << " has two rows");
      CHECK(allowed.emplace(folder, folders_in(row[2])).second);
    }
  allowed.erase("roles");
  return allowed;
}

const std::map<std::string, folders>& allowed() {
  static const std::map<std::string, folders> table = read_table();
  return table;
}

struct include_line {
  fs::path file;
  std::string folder;    // the folder that includes ...
  std::string included;  // ... what lies in this one
  bool is_public = false;
};

// Includes of ours: "ticketd/<folder>/..." is public, "<folder>/..." lies beside the .cpp files.
std::vector<include_line> read_includes(const fs::path& root) {
  const test::pattern ours(R"re(#include "(ticketd/)?([a-z_]+)/.*)re");
  std::vector<include_line> lines;
  for (const char* top : {"include/ticketd", "src"})
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (!entry.is_regular_file()) continue;
      const auto relative = fs::relative(entry.path(), root / top);
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);)
        if (const auto found = ours.fits(line))
          lines.push_back({entry.path(), relative.begin()->string(), found->at(2), !found->at(1).empty()});
    }
  return lines;
}

bool is_allowed(const include_line& line) {
  if (line.folder == line.included) return true;
  return line.is_public && allowed().at(line.folder).contains(line.included);
}

// The lines that open a namespace of ours, of C++ files below `top` that lie in a folder.
struct namespaces_of_file {
  fs::path file;
  std::string folder;
  folders opened;
};

std::vector<namespaces_of_file> read_namespaces(const fs::path& top) {
  const test::pattern opening(R"re(namespace (ticketd[a-z_:]*) \{.*)re");
  std::vector<namespaces_of_file> files;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    const auto relative = fs::relative(entry.path(), top);
    const bool is_source = entry.path().extension() == ".hpp" || entry.path().extension() == ".cpp";
    if (!is_source || relative.begin() == --relative.end()) continue;
    namespaces_of_file read{entry.path(), relative.begin()->string(), {}};
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (const auto found = opening.fits(line)) read.opened.insert(found->at(1));
    files.push_back(std::move(read));
  }
  return files;
}

// What a header says before anything else.
std::string opening_comment(const fs::path& header) {
  std::ifstream file(header);
  std::string comment;
  for (std::string line; std::getline(file, line) && line.starts_with("//");) comment += line + '\n';
  return comment;
}

}  // namespace

TEST_CASE("each folder includes only what it may") {
  const auto includes = read_includes(test::checkout());
  REQUIRE(includes.size() > 100);
  for (const auto& line : includes) {
    INFO(line.file << " includes " << line.included);
    CHECK((allowed().contains(line.folder) && is_allowed(line)));
  }
}

TEST_CASE("a role includes nothing of another role") {
  const std::set<std::string> folders_of_roles{"api", "worker", "payments"};
  const test::pattern ours(R"re(#include "([a-z_]+)/.*)re");
  const fs::path roles = fs::path(test::checkout()) / "roles";
  int own = 0;
  for (const auto& folder : folders_of_roles)
    for (const auto& entry : fs::directory_iterator(roles / folder)) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        const auto found = ours.fits(line);
        if (!found || !folders_of_roles.contains(found->at(1))) continue;
        INFO(entry.path() << ": " << line);
        CHECK(found->at(1) == folder);
        ++own;
      }
    }
  CHECK(own > 20);
}

TEST_CASE("the table of who may include whom has a row for each folder, and no circle") {
  folders in_code;
  for (const char* top : {"include/ticketd", "src"})
    for (const auto& entry : fs::directory_iterator(fs::path(test::checkout()) / top))
      if (entry.is_directory()) in_code.insert(entry.path().filename());
  folders in_table;
  for (const auto& [folder, may_include] : allowed()) in_table.insert(folder);
  CHECK(in_table == in_code);

  // Floor by floor: what includes only what stands already can be put on top of it.
  folders stands;
  for (std::size_t before = 0; stands.size() < in_table.size(); before = stands.size()) {
    for (const auto& [folder, may_include] : allowed())
      if (std::includes(stands.begin(), stands.end(), may_include.begin(), may_include.end())) stands.insert(folder);
    INFO("only these stand without a circle: " << boost::join(stands, ", "));
    REQUIRE(stands.size() > before);
  }
}

TEST_CASE("public headers name no libpq, hiredis or amqp header") {
  const test::pattern foreign(R"re(#include <(libpq-fe|postgresql|hiredis|amqp|rabbitmq-c)[./].*)re");
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(test::checkout()) / "include")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      INFO(entry.path() << ": " << line);
      CHECK_FALSE(foreign.fits(line));
    }
  }
}

TEST_CASE("a namespace is a folder") {
  const fs::path root(test::checkout());
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

TEST_CASE("a header begins with what it is for, and which thread may call it") {
  const fs::path root(test::checkout());
  const test::pattern thread("\\b[Tt]hread");
  std::size_t headers = 0;
  for (const char* top : {"include/ticketd", "src", "roles"})
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".hpp") continue;
      INFO(entry.path());
      CHECK(thread.first_in(opening_comment(entry.path())));
      ++headers;
    }
  CHECK(headers > 150);
}
