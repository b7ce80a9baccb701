#ifndef VT_CPOCKETSPHINX_SHIM_H
#define VT_CPOCKETSPHINX_SHIM_H

#include <pocketsphinx/pocketsphinx.h>
#include <sphinxbase/err.h>

#endif
