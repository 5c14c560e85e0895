// What the build says of itself: version and commit, as scripts/version.sh found them.
#ifndef CBUILD_H
#define CBUILD_H

const char *cbuild_version(void);
const char *cbuild_commit(void);

#endif
