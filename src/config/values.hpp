// From the text of a setting to its value. What is wrong throws an exit_request that names the flag, its variable and
// what is allowed; the text itself is repeated only by those that can hold no secret.
//
// A value. Thread: any.
#pragma once

#include "config/command_line.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ticketd::config {

class values {
 public:
  explicit values(raw_values raw) : raw_(std::move(raw)) {}

  [[nodiscard]] bool is_given(std::string_view flag) const { return !text(flag).empty(); }
  [[nodiscard]] const std::string& text(std::string_view flag) const;

  // `what` completes "... is required: ".
  void require(std::string_view flag, std::string_view what) const;

  template <class Number = int>
  [[nodiscard]] Number number(std::string_view flag, int least, int most) const {
    return static_cast<Number>(whole_number(flag, least, most));
  }
  [[nodiscard]] double rate(std::string_view flag) const;
  [[nodiscard]] bool is_on(std::string_view flag) const;

  template <class Choice>
  [[nodiscard]] Choice one_of(std::string_view flag,
                              std::initializer_list<std::pair<std::string_view, Choice>> choices) const {
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (text(flag) == name) return choice;
      names += names.empty() ? "" : ", ";
      names += name;
    }
    refuse(flag, "must be one of " + names, shown(flag));
  }

  // IP address and port; `fallback` where none was given.
  [[nodiscard]] endpoint address_and_port(std::string_view flag, std::string_view fallback) const;

  // An IP address, without the brackets that it may have; "" where none was given.
  [[nodiscard]] std::string address(std::string_view flag) const;

  // Of a Unix-domain socket; "" where none was given.
  [[nodiscard]] const std::string& socket_path(std::string_view flag) const;

  // Of a file that holds certificates, which is looked into; "" where none was given.
  [[nodiscard]] const std::string& certificates(std::string_view flag) const;

  // Of one of the schemes, with a host (PostgreSQL's may leave it to the query); "" where none was given.
  [[nodiscard]] const std::string& url(std::string_view flag, std::initializer_list<std::string_view> schemes,
                                       std::string_view example) const;

  // At least 16 visible characters; "" where none was given.
  [[nodiscard]] const std::string& secret(std::string_view flag) const;

  // Several of them, with commas or blanks between.
  [[nodiscard]] std::vector<std::string> secrets(std::string_view flag) const;

  // "ada:9f86d0...", "bob:60303a...", with commas or blanks between.
  [[nodiscard]] std::vector<admin> admins(std::string_view flag) const;

 private:
  [[noreturn]] static void refuse(std::string_view flag, const std::string& rule, const std::string& seen = {});
  [[nodiscard]] int whole_number(std::string_view flag, int least, int most) const;
  [[nodiscard]] std::string shown(std::string_view flag) const;

  raw_values raw_;
};

}  // namespace ticketd::config
