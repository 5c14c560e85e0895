// The package manager wants a file to compile; all of it stands in the header, to be inlined.
#include "cintrinsics.h"
