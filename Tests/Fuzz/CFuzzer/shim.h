#include <stddef.h>
#include <stdint.h>

// libFuzzer's own entry: takes its flags and corpus folders from the arguments and calls back for each input.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t count));
