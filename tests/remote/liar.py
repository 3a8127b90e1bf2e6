"""A server that answers anything, in the form of a real answer: hostile text and numbers where ours would be good."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from hypothesis import strategies as st

from isdeploy_tui.modjk.ajp import CPONG
from isdeploy_tui.remote.errors import ForwardError
from isdeploy_tui.remote.host import DEFAULT_TIMEOUT, REPLY_LIMIT, ByteReader, ByteWriter, Reply

TRICKS = (
    b"\x1b[2J",
    b"\x1b]52;c;ZXZpbA==\x07",
    b"\x9b2J",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil".encode(),
    "\N{HANGUL FILLER}\N{ZERO WIDTH SPACE}".encode(),
    b"\xff\xfe",
    b"[/x][bold]",
    b"a\rb",
    b"\0",
    b"$(id) `id` '; id #",
)
NUMBERS = (b"0", b"1", b"7", b"1600000000", b"9" * 5000, b"-1", b"1e999", "²٣".encode(), b"08", b"")
GARBAGE = (b"", b"[" * 5000, b"{" * 9, b"= = = =", b". . .", b"+ x", b"! ! !")

TEXTS = st.lists(st.sampled_from([*TRICKS, b"worker1", b"plain words"]), min_size=1, max_size=3).map(b" ".join)
WHOLES = st.one_of(st.just(b"1"), st.just(b"1600000000"), st.sampled_from(NUMBERS))


def _json(*names: str) -> st.SearchStrategy[bytes]:
    value = st.one_of(
        TEXTS.map(lambda text: text.decode("utf-8", "replace")),
        st.sampled_from([None, 1e308, -5, [], {}, "20261122T1-x"]),
    )
    text = st.fixed_dictionaries(dict.fromkeys(names, value)).map(lambda data: json.dumps(data).encode())
    return st.one_of(text, st.sampled_from(GARBAGE))


LEASES = _json("user", "bastion", "kind", "step", "since", "run")
ENTRIES = _json("time", "user", "bastion", "operation", "kind", "target", "step", "state", "detail", "reason", "run")


def _line(*words: bytes | st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    parts = [st.just(word) if isinstance(word, bytes) else word for word in words]
    return st.tuples(*parts).map(b" ".join)


_FILE = TEXTS.map(lambda data: b"%d 1600000000 1600000100 x %s" % (len(data), data.hex().encode()))
_ERR = _line(b"ERR", TEXTS)
_REPLIES: Mapping[str, Sequence[st.SearchStrategy[bytes]]] = {
    "mapread.sh": (_line(b"file", _FILE), _line(b"file", WHOLES, WHOLES, WHOLES, b"b", TEXTS), _ERR),
    "mapwrite.sh": (_line(b"OK", WHOLES, TEXTS), _line(b"NEW", WHOLES), st.just(b"OLD"), _ERR),
    "journalread.sh": (_line(b"line", ENTRIES), _ERR),
    "record.sh": (
        st.sampled_from([b"OK", b"TAKEN", b"GONE"]),
        _line(st.sampled_from([b"REPLACED", b"HELD", b"ORPHAN"]), WHOLES, LEASES),
        _ERR,
    ),
    "runstart.sh": (st.just(b"OK STARTED"), _ERR),
    "runcancel.sh": (st.just(b"TERMINATED"), _ERR),
    "runstate.sh": (
        _line(b"standing", st.sampled_from([b"running", b"ended", b"lost"]), WHOLES),
        _line(st.sampled_from([b"size", b"started"]), WHOLES),
        _line(st.sampled_from([b"label", b"tomcat"]), TEXTS),
    ),
    "runbusy.sh": (_line(b"run", TEXTS),),
    "startup.sh": (_line(b"at", WHOLES, WHOLES), _line(b"line", TEXTS), _ERR),
    "inflight.sh": (_line(b"count", WHOLES), _line(b"none", TEXTS)),
    "accesslog.sh": (_line(b"at", WHOLES, WHOLES), _line(b"since", WHOLES, WHOLES, WHOLES, st.just(b"yes")), _ERR),
    "cping.sh": (st.just(b"up"), _line(st.sampled_from([b"down", b"unknown"]), TEXTS)),
}
_CODES = st.sampled_from([0, 0, 0, 0, 1, 2, 40, 42, 43, 45, 46, 47, 48, 50, 58, 59, 127])


def replies(script: str) -> st.SearchStrategy[Reply]:
    """Return what a lying server may reply to a script."""
    line = st.one_of(*_REPLIES[script], *_REPLIES[script], st.sampled_from(GARBAGE))
    return st.builds(Reply, _CODES, st.lists(line, max_size=4).map(tuple))


def streams(script: str, paths: Sequence[str] = ()) -> st.SearchStrategy[bytes]:
    """Return what a lying server may say on a stream."""
    if script == "watch.sh":
        look = st.one_of(_line(b"+", _FILE), _line(b"+", _FILE), _line(b"!", WHOLES, TEXTS), st.just(b"="))
        return st.lists(look, min_size=len(paths), max_size=len(paths)).map(lambda told: b"\n".join((*told, b".", b"")))
    if script == "runfollow.sh":
        state = _line(st.sampled_from([b"running", b"ended", b"lost"]), WHOLES, WHOLES)
        data = _line(b"x", TEXTS.map(lambda text: text.hex().encode()))
        answer = st.tuples(state, data).map(lambda told: b"\n".join((*told, b".", b"")))
        return st.lists(answer, max_size=3).map(b"".join)
    held = _line(b"file", st.just(b"1:2"), WHOLES, st.sampled_from([b"here", b"elsewhere"]))
    no = st.sampled_from([b"! missing", b"! denied", b"! odd", b"! gone", b"! \x1b[2J", b""])
    read = st.tuples(TEXTS, WHOLES, WHOLES, st.sampled_from([b"same", b"moved", b"denied", b"\x1b["])).map(
        lambda told: b"%s %s %s %d\n%s\n%s" % (told[1], told[3], told[2], len(told[0]), told[0], told[1])
    )
    return st.lists(st.one_of(held, held, no, read, read), max_size=5).map(
        lambda told: b"".join(x + b"\n.\n" for x in told)
    )


_STATUS = st.lists(
    _line(TEXTS).flatmap(
        lambda text: st.sampled_from(
            [
                b"worker.worker1.type=ajp13",
                b"worker.worker1.busy=" + text,
                b"worker.worker1.state=ERR" + text,
                b"worker.worker1.activation=" + text,
                b"worker.balancer.balance_workers=worker1",
                b"worker.balancer.map.1.uri=" + text,
                b"worker.balancer.map.1.source=JkMount",
                b"worker." + text + b".type=ajp13",
            ]
        )
    ),
    max_size=6,
).map(b"\n".join)
_HEADS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 503 \x1b[2J", b"HTTP/1.1 200", b"HTTP/9 x", b"\x1b]0;x\x07", b"HTTP/1.1 99999999 x"]
)
_BODIES = st.sampled_from([b"", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Content-Length: -1"])
ANSWERS = st.one_of(
    st.just(CPONG),
    TEXTS,
    st.tuples(_HEADS, _BODIES, _STATUS).map(lambda told: b"\r\n".join((told[0], told[1], b"", told[2]))),
    _STATUS.map(lambda body: b"HTTP/1.1 200 OK\r\n\r\n" + body),
)


class Liar:
    """A host whose every answer is drawn anew; its streams end after they have said their words."""

    name = "liar"
    account = "liar"

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self._draw = draw

    async def run(
        self,
        script: str,
        *args: str,
        content: bytes | None = None,
        sudo: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = REPLY_LIMIT,
    ) -> Reply:
        reply = self._draw(replies(script))
        assert isinstance(reply, Reply)
        return reply

    @asynccontextmanager
    async def stream(self, script: str, *args: str, sudo: bool = False) -> AsyncIterator["Said"]:
        yield Said(self._draw(streams(script, args[1:])))

    @asynccontextmanager
    async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
        words = self._draw(ANSWERS)
        if words == b"plain words":
            raise ForwardError(self.name, "refused", "refused.")
        said = Said(words)
        yield said, said


class Said:
    """Says its words and ends; what is said to it is not heard."""

    def __init__(self, words: object) -> None:
        assert isinstance(words, bytes)
        self._words = words
        self.status: int | None = 0

    async def read(self, n: int = 4096) -> bytes:
        words, self._words = self._words[:n], self._words[n:]
        return words

    async def readexactly(self, n: int) -> bytes:
        words = await self.read(n)
        if len(words) < n:
            raise EOFError
        return words

    def write(self, data: bytes) -> None:
        return
