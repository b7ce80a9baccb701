// Nothing is called from here: the engine opens the library at run time.
