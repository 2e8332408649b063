// What nearly every test includes anyway, parsed once; as src/precompiled.hpp is for what is tested.
#pragma once

#include "../../src/precompiled.hpp"
#include "support/catch2.hpp"
