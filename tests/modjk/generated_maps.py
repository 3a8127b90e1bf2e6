"""Maps and requests made from a seed: everything mod_jk's grammar allows, and what people get wrong.

The same generator serves the tests without httpd and the agreement test with it, so a seed that fails in one can be
looked at in the other.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

MEMBERS = ("w1", "w2", "w3", "w4", "w5", "w6", "w7")
"""Every AJP worker that ``workers_properties`` names; each needs a port where something answers."""

BALANCERS = ("balancer", "ex1", "ex2", "only3", "shop", "spare", "redirected")
LISTED = (*BALANCERS, "w1", "w4", "jkstatus")


def workers_properties(ports: Mapping[str, int] | None = None) -> bytes:
    """Return the workers.properties that goes with the maps; ``ports`` has one for each of MEMBERS."""
    numbers = ports or {name: 21000 + index for index, name in enumerate(MEMBERS)}
    lines = [
        "# generated",
        f"worker.list={', '.join(LISTED[:3])}",
        f"worker.list={' '.join(LISTED[3:])}",
        "worker.template.type=ajp13",
        "worker.template.host=127.0.0.1",
        *(f"worker.{name}.reference=worker.template" for name in MEMBERS),
        *(f"worker.{name}.port={numbers[name]}" for name in MEMBERS),
        "worker.w5.activation=Disabled",
        "worker.w6.stopped=True",
        "worker.w7.distance=1",
        "worker.w3.route=r3",
        "worker.balancers.type=lb",
        "worker.balancer.balance_workers=w1",
        "worker.balancer.balance_workers=w2 w3",
        "worker.ex1.balance_workers=w2,w3",
        "worker.ex2.balance_workers=w1,\tw3",
        "worker.only3.balanced_workers=w3",
        "worker.shop.balance_workers=w4,w5,w6",
        "worker.spare.balance_workers=w4,w7",
        "worker.redirected.balance_workers=w5,w2",
        "worker.forgotten.type=lb",
        "worker.forgotten.balance_workers=w1,w2",
        *(f"worker.{name}.reference=worker.balancers" for name in BALANCERS),
        "worker.jkstatus.type=status",
        "worker.jkstatus.read_only=True",
    ]
    return "\n".join(lines).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Generated:
    """A map and the decoded paths of requests to try on it."""

    data: bytes
    uris: tuple[bytes, ...]


def generate(seed: int, uris: int = 20) -> Generated:
    """Return the map of a seed, the same for ever, with that many requests."""
    choice = random.Random(f"map {seed}")
    writer = _Writer(choice)
    data = writer.map()
    return Generated(data, tuple(writer.uri() for _ in range(uris)))


def request_target(uri: bytes) -> str:
    """Return a decoded path as it goes into a request line; semicolons stay, as the path parameters they are."""
    return quote_from_bytes(uri, safe="/;=,:@!$&'()*+-._~")


_SEGMENTS = (b"a", b"b", b"app", b"App", b"static", b"x.jsp", b"y.jsp", b"caf\xe9", "é".encode(), b"a b", b"d")
_WILD = (b"*", b"*", b"*", b"*.jsp", b"?", b"a*", b"*b", b"?.jsp", b"**", b"s*c", b"a?")
_SPACES = (b"", b"", b"", b" ", b"  ", b"\t", b" \t")
_NOISE = (
    b"",
    b"   ",
    b"# a comment",
    b"\t# = indented",
    b"; not a comment",
    b"!not=a comment either",
    b"no equals sign",
    b"=balancer",
    b"/empty=",
    b"/commented=# balancer",
    b"*.jsp=balancer",
    b"!-/a/*=balancer",
    b"app/*=balancer",
    b"worker.w1.host=elsewhere",
    b"\xef\xbb\xbf/*=ex1",
    b"/nul=balancer\0;stopped=w1",
    b"#" + b"x" * 8190 + b"/long/*=ex2",
)


class _Writer:
    def __init__(self, choice: random.Random) -> None:
        self.choice = choice
        self.patterns: list[bytes] = [b"/"]
        self.variables: list[bytes] = []
        self.keys: list[bytes] = []

    def map(self) -> bytes:
        end = self.choice.choice((b"\n", b"\n", b"\r\n"))
        lines = [self.line() for _ in range(self.choice.randint(1, 12))]
        if self.choice.random() < 0.7:
            lines.insert(self.choice.randint(0, len(lines)), b"/*=" + self.value())
            self.patterns.append(b"/*")
        data = b"".join(line + (end if self.choice.random() < 0.95 else b"\n") for line in lines)
        return data if self.choice.random() < 0.8 else data.rstrip(b"\r\n")

    def line(self) -> bytes:
        kind = self.choice.random()
        if kind < 0.15:
            return self.choice.choice(_NOISE)
        if kind < 0.25:
            name = self.choice.choice((b"pool", b"other", b"timeout"))
            self.variables.append(name)
            return self.spaced(name, self.value() if name != b"timeout" else b"5000")
        key = self.key() if not self.keys or self.choice.random() < 0.93 else self.choice.choice(self.keys)
        self.keys.append(key)
        return self.spaced(key, self.value())

    def spaced(self, key: bytes, value: bytes) -> bytes:
        before, left, right, after = (self.choice.choice(_SPACES) for _ in range(4))
        comment = self.choice.choice((b"", b"", b"", b"# why", b" # a=b;stopped=w1"))
        return before + key + left + b"=" + right + value + after + comment

    def key(self) -> bytes:
        prefix = self.choice.choice((b"",) * 7 + (b"!", b"!", b"-", b"-!"))
        pattern = self.pattern()
        if self.choice.random() < 0.2:
            more = self.choice.choice((b"/*", b"/*|/z", b"", b"*", b"/b"))
            self.patterns += (pattern, pattern + more)
            return prefix + pattern + b"|" + more
        self.patterns.append(pattern)
        return prefix + pattern

    def pattern(self) -> bytes:
        segments = self.choice.choices(_SEGMENTS, k=self.choice.randint(0, 3))
        if self.choice.random() < 0.6:
            segments.insert(self.choice.randint(len(segments) // 2, len(segments)), self.choice.choice(_WILD))
        return b"/" + b"/".join(segments)

    def worker(self) -> bytes:
        names = ("balancer",) * 6 + BALANCERS + ("w1", "w4", "w2", "forgotten", "nowhere", "Balancer")
        return self.choice.choice(names).encode()

    def value(self) -> bytes:
        if self.variables and self.choice.random() < 0.3:
            variable = b"$(" + self.choice.choice(self.variables) + b")"
            return self.choice.choice((variable, variable + self.extension(), b"balancer;reply_timeout=" + variable))
        value = self.worker()
        if self.choice.random() < 0.03:
            value = self.choice.choice((value + b" ", b";" + value, value + b"\\", b"$(unset)", b"$(pool", b"*"))
        while self.choice.random() < 0.4:
            value += self.extension()
        return value

    def extension(self) -> bytes:
        if self.choice.random() < 0.2:
            return self.choice.choice(
                (
                    b";",
                    b";reply_timeout=60000",
                    b";sticky_ignore=1",
                    b"; stopped=w1",
                    b";Stopped=w1",
                    b";unknown",
                    b";session_path=;jsessionid",
                    b";session_path=",
                    b";stopped=",
                    b";use_server_errors=600",
                )
            )
        names = self.choice.choices((*MEMBERS[:6], "w1", "w2", "nobody"), k=self.choice.randint(1, 3))
        separator = self.choice.choice((",", ",", " ", ", ", "\t"))
        name = self.choice.choice(("stopped", "stopped", "disabled", "active"))
        return f";{name}={separator.join(names)}".encode()

    def uri(self) -> bytes:
        """A path that fits one of the patterns, more or less."""
        uri = self.choice.choice(self.patterns) if self.choice.random() < 0.85 else self.pattern()
        while b"*" in uri:
            uri = uri.replace(b"*", self.choice.choice((b"", b"a", b"x.jsp", b"a/b", b"static", b"caf\xe9")), 1)
        while b"?" in uri:
            uri = uri.replace(b"?", self.choice.choice((b"a", b"x", b"?", b"*", b"\xe9")), 1)
        change = self.choice.random()
        if change < 0.08:
            uri += self.choice.choice((b"/", b"x", b";jsessionid=abc", b"/;v=1/b", b"/a/b/c", b"//a"))
        elif change < 0.12:
            uri = uri.replace(b"/", b"//", 1)
        elif change < 0.16:
            uri = uri.swapcase()
        elif change < 0.2:
            uri = uri.replace(b"/", b"/;p=1/", 1)
        return uri
