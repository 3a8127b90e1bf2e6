"""Bytes of files and numbers as the scripts send them: words that survive every shell and every line-based reply."""

import binascii

ENCODED_RATIO = 2
"""An encoded word is at most this many times as long as its bytes."""


_DIGITS = 18
"""No size, time or count of a server has more; Python itself gives up at some thousands of them."""


def whole(word: bytes) -> int:
    """Return a number that a script said. Raises ValueError for anything but a few ASCII digits."""
    if len(word) > _DIGITS or not word.isdigit():
        raise ValueError("not a number")
    return int(word)


def decode(encoding: bytes, word: bytes) -> bytes:
    """Return the bytes of a word: ``b`` is base64, ``x`` (where a server has no base64) hexadecimal.

    Raises ValueError for anything else.
    """
    try:
        if encoding == b"b":
            return binascii.a2b_base64(word, strict_mode=True)
        if encoding == b"x":
            return binascii.unhexlify(word)
    except binascii.Error as error:
        raise ValueError(f"not {encoding!r}: {error}") from None
    raise ValueError(f"unknown encoding {encoding!r}")
