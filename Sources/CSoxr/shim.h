#ifndef VT_CSOXR_SHIM_H
#define VT_CSOXR_SHIM_H

#include <soxr.h>

#endif
