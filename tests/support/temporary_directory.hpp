// A directory of a test's own, gone with it.
#pragma once

#include "support/catch2.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ticketd::test {

class temporary_directory {
 public:
  temporary_directory() : path_((std::filesystem::temp_directory_path() / "ticketd-XXXXXX").string()) {
    REQUIRE(::mkdtemp(path_.data()));
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ticketd::test
