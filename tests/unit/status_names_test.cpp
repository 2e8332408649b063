// Queries name states by their text, as the database must choose rows by them: held against the rules of domain/.
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/payment.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace ticketd;

namespace {

namespace fs = std::filesystem;
using names = std::set<std::string>;

// What holds orders and payments by their states: the stores, and the audit. Migrations say what was so once.
std::vector<std::string> files_with_queries() {
  std::vector<std::string> files{"scripts/lib/audit.sql"};
  const fs::path root(test::checkout());
  for (const auto& entry : fs::directory_iterator(root / "src/persistence"))
    if (entry.path().extension() == ".cpp") files.push_back(fs::relative(entry.path(), root));
  return files;
}

names quoted_in(const std::string& list) {
  const auto found = test::pattern("'([a-z_]+)'").captures_in(list);
  return {found.begin(), found.end()};
}

// Of each `status IN (...)`, `status = '...'` and the like, what it names.
std::vector<names> states_named_in(const std::string& file) {
  const test::pattern condition(R"re(\bstatus (?:(?:NOT )?IN \(([^)]*)\)|(?:=|<>) ('[a-z_]+')))re");
  std::vector<names> found;
  for (const auto& each : condition.all_in(test::read_document(file))) found.push_back(quoted_in(each[1] + each[2]));
  return found;
}

names names_of_holders() {
  using domain::order_status;
  names holders;
  for (const auto status : {order_status::queued, order_status::reserved, order_status::confirmed,
                            order_status::rejected, order_status::payment_failed, order_status::expired})
    if (domain::holds_tickets(status)) holders.emplace(to_string(status));
  return holders;
}

}  // namespace

TEST_CASE("queries count the orders that hold tickets by the states that domain says do", "[statuses]") {
  int lists = 0;
  for (const auto& file : files_with_queries())
    for (const auto& named : states_named_in(file)) {
      if (named.size() < 2 || !domain::parse_order_status(*named.begin())) continue;  // of one state, or of payments
      INFO(file);
      CHECK(named == names_of_holders());
      ++lists;
    }
  CHECK(lists >= 7);  // settlement, payments and audit
}

TEST_CASE("queries name no state that there is not", "[statuses]") {
  for (const auto& file : files_with_queries())
    for (const auto& named : states_named_in(file))
      for (const auto& name : named) {
        INFO(file << ": " << name);
        CHECK((domain::parse_order_status(name) || domain::parse_payment_status(name)));
      }
}
