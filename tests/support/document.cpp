#include "support/document.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <fstream>
#include <regex>
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

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex of(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator each(text.begin(), text.end(), of), end; each != end; ++each) found.push_back((*each)[1]);
  return found;
}

}  // namespace

std::string read_document(const std::string& path) {
  std::ifstream file(std::string(TICKETD_SOURCE_DIR) + "/" + path);
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

std::vector<std::string> code_words(const std::string& text) { return all_matches(text, "`([^`]+)`"); }

std::vector<std::string> link_targets(const std::string& document) {
  const std::string prose = std::regex_replace(document, std::regex("(^|\n)    [^\n]*|`[^`\n]*`"), "$1");
  std::vector<std::string> targets = all_matches(prose, R"re(\]\(([^)\s]+)\))re");
  for (auto& each : all_matches(prose, R"re((?:src|srcset|href)="([^"]+)")re")) targets.push_back(std::move(each));
  return targets;
}

std::set<std::string> heading_anchors(const std::string& document) {
  std::set<std::string> anchors;
  for (const auto& heading : all_matches("\n" + document, "\n#+ ([^\n]*)")) {
    const std::string kept = std::regex_replace(boost::to_lower_copy(heading), std::regex("[^a-z0-9_ -]"), "");
    anchors.insert(boost::replace_all_copy(kept, " ", "-"));
  }
  return anchors;
}

}  // namespace ticketd::test
