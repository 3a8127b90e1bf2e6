"""mod_jk's two files as pure text and arithmetic: no I/O, no clock, no terminal."""
