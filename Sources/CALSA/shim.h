#ifndef VT_CALSA_SHIM_H
#define VT_CALSA_SHIM_H

#include <alsa/asoundlib.h>

#endif
