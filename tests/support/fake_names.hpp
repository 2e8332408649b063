// A host name that only this process knows, with the addresses that a test gives it, and a look-up that takes as long
// as the test says: getaddrinfo() asks here first.
//
// Thread: any; one object for each name at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace ticketd::test {

class fake_name {
 public:
  fake_name(std::string name, std::vector<std::string> addresses);
  fake_name(const fake_name&) = delete;
  fake_name& operator=(const fake_name&) = delete;
  ~fake_name();  // lets go of what is held

  // Look-ups that begin from now on wait, until they are let go.
  void hold();
  void let_go();
  // How many wait.
  [[nodiscard]] int held() const;

  struct state;

 private:
  std::string name_;
  std::shared_ptr<state> state_;
};

}  // namespace ticketd::test
