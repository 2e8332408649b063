// The way a failure that is part of normal life leaves a function: as a value. Exceptions are left for "cannot
// start" and for bugs.
//
// A value, of whoever holds it. Thread: any.
#pragma once

#include <boost/system/result.hpp>

namespace ticketd {

using boost::system::error_code;

// A T, or the error_code that says why there is none. Every layer documents its own error enum.
template <class T>
using result = boost::system::result<T>;

}  // namespace ticketd
