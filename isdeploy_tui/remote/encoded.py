"""Bytes of files as the scripts send them: a word that survives every shell and every line-based reply."""

import binascii

ENCODED_RATIO = 2
"""An encoded word is at most this many times as long as its bytes."""


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
