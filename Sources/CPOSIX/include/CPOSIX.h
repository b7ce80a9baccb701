// What glibc declares only under _GNU_SOURCE, and what is variadic: Swift's Glibc module shows neither.
#ifndef VT_CPOSIX_H
#define VT_CPOSIX_H

/// pipe2(2): both ends close-on-exec.
int vt_pipe(int ends[2]);

#endif
