"""Answers of a script that is asked: whole however they are cut, and told apart from a connection that ended."""

import asyncio
import base64
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.remote.encoded import decode
from isdeploy_tui.remote.errors import ConnectionLostError, ScriptError
from isdeploy_tui.remote.ticked import ask, ask_raw


class FakeStream:
    """Gives an answer in pieces; then it ends with ``status``, or stays silent when that is "silent"."""

    def __init__(self, answer: bytes, cuts: list[int] | None = None, status: int | str | None = None) -> None:
        edges = sorted({0, *(cut % (len(answer) + 1) for cut in cuts or []), len(answer)})
        self._pieces = [answer[one:two] for one, two in pairwise(edges)]
        self._status = status
        self.asked = b""

    async def read(self) -> bytes:
        if self._pieces:
            return self._pieces.pop(0)
        if self._status == "silent":
            await asyncio.sleep(60)
        return b""

    def write(self, data: bytes) -> None:
        self.asked += data

    @property
    def status(self) -> int | None:
        return self._status if isinstance(self._status, int) else None


LINES = st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b" ").replace(b".", b",")), min_size=1)


@given(LINES, st.lists(st.integers(0, 1000), max_size=10))
def test_lines_come_whole_however_they_are_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = FakeStream(b"".join(line + b"\n" for line in lines) + b".\n", cuts)
    assert asyncio.run(ask("h", stream, b"order", 10_000)) == lines
    assert stream.asked == b"order\n"


@given(st.binary(max_size=60) | st.sampled_from([b"\n.\n", b".\n", b"\n.\n\n.\n"]), st.lists(st.integers(0, 1000)))
def test_raw_bytes_come_whole_whatever_they_are(raw: bytes, cuts: list[int]) -> None:
    stream = FakeStream(b"12 same %d\n%b\nafter\n.\n" % (len(raw), raw), cuts)
    words, got, after = asyncio.run(ask_raw("h", stream, b"", 10_000))
    assert (words, got, after) == ([b"12", b"same", b"%d" % len(raw)], raw, b"after")


async def test_what_is_no_answer_is_told_apart() -> None:
    with pytest.raises(ConnectionLostError, match="connection was lost"):
        await ask("h", FakeStream(b"half"), b"", 100)
    with pytest.raises(ScriptError, match="ended unexpectedly: sh: oops") as raised:
        await ask("h", FakeStream(b"sh: oops\n", status=2), b"", 100)
    assert raised.value.code == 2
    with pytest.raises(ScriptError, match="longer than 100 bytes"):
        await ask("h", FakeStream(b"x" * 101), b"", 100)
    with pytest.raises(ConnectionLostError, match=r"did not answer within 0\.05 s"):
        await ask("h", FakeStream(b"half", status="silent"), b"", 100, 0.05)


@given(st.binary())
def test_encoded_words_are_decoded(data: bytes) -> None:
    assert decode(b"b", base64.b64encode(data)) == data
    assert decode(b"x", data.hex().encode()) == data


@pytest.mark.parametrize("word", [b"a", b"a$==", b"=", b"YQ==YQ=="])
def test_garbled_words_are_refused(word: bytes) -> None:
    for encoding in (b"b", b"x", b"?"):
        with pytest.raises(ValueError, match=r"not|unknown"):
            decode(encoding, word)
