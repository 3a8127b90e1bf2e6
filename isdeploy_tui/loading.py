"""Loading code without a look for garbage: there is none in it, and the looking takes a tenth of the time."""

import gc


def begin() -> None:
    """Look for none until ``end``."""
    gc.disable()


def end() -> None:
    """Look for garbage again, and never in what has been loaded so far: each look at all of it would hold us up."""
    gc.freeze()
    gc.enable()
