// Regular expressions, for tests that look into texts. <regex> takes a compiler two seconds wherever it is included.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ticketd::test {

// ECMAScript's, compiled once.
class pattern {
 public:
  // What fitted as a whole, and then what each group took: "" where it took no part.
  using match = std::vector<std::string>;

  explicit pattern(const std::string& expression);

  // Of the whole text.
  [[nodiscard]] std::optional<match> fits(const std::string& text) const;
  // Of parts of it, one behind the other.
  [[nodiscard]] std::optional<match> first_in(const std::string& text) const;
  [[nodiscard]] std::vector<match> all_in(const std::string& text) const;
  // What the first group took, of each.
  [[nodiscard]] std::vector<std::string> captures_in(const std::string& text) const;
  // The text with this in the place of each; in it "$1" is what the first group took.
  [[nodiscard]] std::string replaced_in(const std::string& text, const std::string& by) const;

 private:
  struct compiled;
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace ticketd::test
