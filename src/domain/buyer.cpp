#include "ticketd/domain/buyer.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace ticketd::domain {
namespace {

// What a person, or a clipboard, leaves around an address: ASCII's blanks, the no-break, the ideographic and the
// zero-width space, and the byte order mark.
constexpr std::array<std::string_view, 8> blanks{" ", "\t", "\r", "\n", "\u00a0", "\u3000", "\u200b", "\ufeff"};

std::string_view trimmed(std::string_view text) {
  for (bool is_done = false; !is_done;) {
    is_done = true;
    for (const auto blank : blanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size()), is_done = false;
      if (text.ends_with(blank)) text.remove_suffix(blank.size()), is_done = false;
    }
  }
  return text;
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void lower(std::string& text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

// As a look-up in the DNS has it (IDNA2008, with the mapping of UTS 46); as it is where it has no such form.
std::string a_labels(const std::string& mail_domain) {
  struct freeing {
    void operator()(char* text) const noexcept { idn2_free(text); }
  };
  if (mail_domain.find('\0') != std::string::npos) return mail_domain;
  char* found = nullptr;
  const int outcome = idn2_to_ascii_8z(mail_domain.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, freeing> labels(found);
  return outcome == IDN2_OK ? std::string(labels.get()) : mail_domain;
}

}  // namespace

std::string canonical_email(std::string_view email) {
  std::string address(trimmed(email));
  lower(address);
  const auto at = address.rfind('@');
  if (at == std::string::npos || is_ascii(std::string_view(address).substr(at + 1))) return address;
  return address.substr(0, at + 1) + a_labels(address.substr(at + 1));
}

}  // namespace ticketd::domain
