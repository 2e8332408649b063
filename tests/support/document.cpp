#include "support/document.hpp"

#include "support/checkout.hpp"
#include "support/patterns.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ticketd::test {
namespace {

// "| a | b |" has the cells a and b.
table_row cells_of(const std::string& line) {
  table_row cells;
  std::istringstream rest(line.substr(1, line.rfind('|') - 1));
  for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(boost::trim_copy(cell));
  return cells;
}

}  // namespace

std::string read_document(const std::string& path) {
  std::ifstream file(test::checkout() + "/" + path);
  if (!file) throw std::runtime_error("there is no " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<table_row> table_below(const std::string& document, const std::string& heading) {
  std::istringstream lines(document);
  std::string line;
  while (line != heading)
    if (!std::getline(lines, line)) throw std::runtime_error("there is no heading " + heading);
  while (!line.starts_with('|'))
    if (!std::getline(lines, line)) throw std::runtime_error("there is no table below " + heading);
  const std::size_t columns = cells_of(line).size();
  std::getline(lines, line);  // the rule below the head
  std::vector<table_row> rows;
  while (std::getline(lines, line) && line.starts_with('|')) {
    rows.push_back(cells_of(line));
    if (rows.back().size() != columns) throw std::runtime_error("a row has not as many cells as its head: " + line);
  }
  return rows;
}

std::vector<std::string> code_words(const std::string& text) { return pattern("`([^`]+)`").captures_in(text); }

std::vector<std::string> link_targets(const std::string& document) {
  const std::string prose = pattern("(^|\n)    [^\n]*|`[^`\n]*`").replaced_in(document, "$1");
  std::vector<std::string> targets = pattern(R"re(\]\(([^)\s]+)\))re").captures_in(prose);
  for (auto& each : pattern(R"re((?:src|srcset|href)="([^"]+)")re").captures_in(prose))
    targets.push_back(std::move(each));
  return targets;
}

std::set<std::string> heading_anchors(const std::string& document) {
  std::set<std::string> anchors;
  for (const auto& heading : pattern("\n#+ ([^\n]*)").captures_in("\n" + document)) {
    const std::string kept = pattern("[^a-z0-9_ -]").replaced_in(boost::to_lower_copy(heading), "");
    anchors.insert(boost::replace_all_copy(kept, " ", "-"));
  }
  return anchors;
}

}  // namespace ticketd::test
