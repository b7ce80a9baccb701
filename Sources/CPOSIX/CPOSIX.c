#define _GNU_SOURCE
#include "CPOSIX.h"

#include <fcntl.h>
#include <unistd.h>

int vt_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
