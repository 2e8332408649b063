// Where the checkout is whose tests these are. Asked of one source file, so that no other one is compiled anew in
// another directory: a compiler's cache tells files apart by what they were compiled with.
#pragma once

#include <string>

namespace ticketd::test {

// Without a slash at its end.
std::string checkout();

}  // namespace ticketd::test
