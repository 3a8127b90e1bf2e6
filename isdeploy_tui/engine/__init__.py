"""Decides: what is true, what may be done, and in which order. Knows no terminal."""
