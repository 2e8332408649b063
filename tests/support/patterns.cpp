#include "support/patterns.hpp"

#include <regex>
#include <utility>

namespace ticketd::test {
namespace {

pattern::match match_of(const std::smatch& found) {
  pattern::match groups;
  for (const auto& group : found) groups.push_back(group.str());
  return groups;
}

}  // namespace

struct pattern::compiled {
  std::regex expression;
};

pattern::pattern(const std::string& expression)
    : compiled_(std::make_shared<const compiled>(compiled{std::regex(expression)})) {}

std::optional<pattern::match> pattern::fits(const std::string& text) const {
  std::smatch found;
  if (!std::regex_match(text, found, compiled_->expression)) return std::nullopt;
  return match_of(found);
}

std::optional<pattern::match> pattern::first_in(const std::string& text) const {
  std::smatch found;
  if (!std::regex_search(text, found, compiled_->expression)) return std::nullopt;
  return match_of(found);
}

std::vector<pattern::match> pattern::all_in(const std::string& text) const {
  std::vector<match> all;
  for (std::sregex_iterator at(text.begin(), text.end(), compiled_->expression), end; at != end; ++at)
    all.push_back(match_of(*at));
  return all;
}

std::vector<std::string> pattern::captures_in(const std::string& text) const {
  std::vector<std::string> captures;
  for (auto& each : all_in(text)) captures.push_back(std::move(each.at(1)));
  return captures;
}

std::string pattern::replaced_in(const std::string& text, const std::string& by) const {
  return std::regex_replace(text, compiled_->expression, by);
}

}  // namespace ticketd::test
