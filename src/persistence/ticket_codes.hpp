// The codes of an order's tickets as they stand in its row: one text, separated by spaces, in the order of their
// ordinals.
//
// Pure. Thread: any.
#pragma once

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/split.hpp>

#include <string>
#include <vector>

namespace ticketd::persistence {

[[nodiscard]] inline std::string join_codes(const std::vector<std::string>& codes) {
  return boost::algorithm::join(codes, " ");
}

[[nodiscard]] inline std::vector<std::string> split_codes(const std::string& text) {
  std::vector<std::string> codes;
  if (!text.empty()) boost::algorithm::split(codes, text, [](char c) { return c == ' '; });
  return codes;
}

}  // namespace ticketd::persistence
