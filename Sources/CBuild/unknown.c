// What holds where scripts/build.sh did not write Sources/CBuild/generated.c, as in the builds of tests.
#include "cbuild.h"

__attribute__((weak)) const char *cbuild_version(void) { return "0.0.0+unknown"; }
__attribute__((weak)) const char *cbuild_commit(void) { return "unknown"; }
