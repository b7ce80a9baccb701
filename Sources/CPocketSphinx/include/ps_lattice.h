// pocketsphinx.h looks for this neighbour in the include path itself; its .pc file, which would add that path, also
// links sphinxad and with it PulseAudio and X11.
#include <pocketsphinx/ps_lattice.h>
