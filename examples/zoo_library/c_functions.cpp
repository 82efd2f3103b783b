#include <furl/adapt/c_functions.hpp>
