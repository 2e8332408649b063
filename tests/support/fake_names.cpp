#include "support/fake_names.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace ticketd::test {

struct fake_name::state {
  std::vector<std::string> addresses;
  std::condition_variable changed;
  bool is_held = false;
  int held = 0;
};

namespace {

using state_ptr = std::shared_ptr<fake_name::state>;

struct registry {
  std::mutex mutex;
  std::map<std::string, state_ptr> names;
};

// Never destroyed: a look-up may outlive main().
registry& known() {
  static auto* const all = new registry;
  return *all;
}

using getaddrinfo_type = decltype(&::getaddrinfo);

getaddrinfo_type of_the_system() {
  static const auto found = reinterpret_cast<getaddrinfo_type>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return found;
}

int look_up(const state_ptr& of, std::unique_lock<std::mutex>& lock, const char* service, const addrinfo* hints,
            addrinfo** found) {
  ++of->held;
  of->changed.wait(lock, [&] { return !of->is_held; });
  --of->held;
  // freeaddrinfo() goes along the list, so lists of one are joined.
  addrinfo** end = found;
  for (const auto& address : of->addresses) {
    const int failure = of_the_system()(address.c_str(), service, hints, end);
    if (failure != 0) return failure;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return 0;
}

}  // namespace

fake_name::fake_name(std::string name, std::vector<std::string> addresses)
    : name_(std::move(name)), state_(std::make_shared<state>()) {
  state_->addresses = std::move(addresses);
  const std::lock_guard lock(known().mutex);
  known().names[name_] = state_;
}

fake_name::~fake_name() {
  let_go();
  const std::lock_guard lock(known().mutex);
  known().names.erase(name_);
}

void fake_name::hold() {
  const std::lock_guard lock(known().mutex);
  state_->is_held = true;
}

void fake_name::let_go() {
  const std::lock_guard lock(known().mutex);
  state_->is_held = false;
  state_->changed.notify_all();
}

int fake_name::held() const {
  const std::lock_guard lock(known().mutex);
  return state_->held;
}

}  // namespace ticketd::test

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using namespace ticketd::test;
  std::unique_lock lock(known().mutex);
  const auto entry = name ? known().names.find(name) : known().names.end();
  if (entry != known().names.end()) return look_up(state_ptr(entry->second), lock, service, hints, found);
  lock.unlock();
  return of_the_system()(name, service, hints, found);
}
