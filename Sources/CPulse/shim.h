#ifndef VT_CPULSE_SHIM_H
#define VT_CPULSE_SHIM_H

#include <pulse/pulseaudio.h>

#endif
