// Our Markdown documents, taken apart for tests that hold them against the code.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ticketd::test {

// `path` counts from the checkout. Throws where there is no such file.
[[nodiscard]] std::string read_document(const std::string& path);

// The cells of a row, as they are written but for the blanks around them.
using table_row = std::vector<std::string>;

// The rows of the first table below the line `heading`, without the one that names the columns. Throws where there is
// no such table, or a row has another number of cells than its head.
[[nodiscard]] std::vector<table_row> table_below(const std::string& document, const std::string& heading);

// What stands between backticks, in order.
[[nodiscard]] std::vector<std::string> code_words(const std::string& text);

// Where links and pictures lead, as it is written; code is left out.
[[nodiscard]] std::vector<std::string> link_targets(const std::string& document);

// What a link to one of its headings has behind the '#', as GitHub makes it.
[[nodiscard]] std::set<std::string> heading_anchors(const std::string& document);

}  // namespace ticketd::test
