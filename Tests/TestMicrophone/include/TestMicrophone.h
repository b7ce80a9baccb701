// An ALSA plugin: it is loaded by name from a configuration file, and nothing is called from Swift.
