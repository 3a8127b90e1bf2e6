"""Sites for property tests: workers with all sorts of balancers, and maps that use them in all sorts of ways."""

from dataclasses import dataclass

from hypothesis import strategies as st

from isdeploy_tui.modjk.workers import Workers, parse_workers

NAMES = ("a", "b", "c", "d")
_HOMES = ((("home", "abc"),), (("home", "abcd"),), (("home", "abc"), ("twin", "abc")), (("one", "abc"), ("two", "bcd")))
_SUBSETS = ("ab", "bc", "ac", "a", "b", "c", "bcd", "bd")


@dataclass(frozen=True, slots=True)
class Site:
    """Workers and a map of them."""

    workers: Workers
    data: bytes


@st.composite
def workers_files(draw: st.DrawFn) -> tuple[Workers, tuple[str, ...]]:
    """Workers, and the names that rules may use."""
    balancers = list(draw(st.sampled_from(_HOMES)))
    subsets = draw(st.lists(st.sampled_from(_SUBSETS), max_size=5))
    balancers += [(f"ex{index}", members) for index, members in enumerate(subsets)]
    lines = [f"worker.list={' '.join(name for name, _ in balancers)} a"]
    for name, members in balancers:
        lines += [f"worker.{name}.type=lb", f"worker.{name}.balance_workers={','.join(members)}"]
    for name in NAMES:
        own = draw(st.sampled_from(["Active"] * 12 + ["Disabled", "Stopped"]))
        lines.append(f"worker.{name}.activation={own}")
    return parse_workers("\n".join(lines).encode()), (*(name for name, _ in balancers), "a")


_SPACE = st.sampled_from([b"", b"", b"", b" ", b"\t", b"  "])
_LINE_END = st.sampled_from([b"\n", b"\n", b"\r\n"])
_COMMENT = st.sampled_from([b"", b"", b"# note", b" #;stopped=a"])
_KEYS = st.sampled_from(
    [
        "/*",
        "/*",
        "/x/*",
        "/y",
        "/z|/*",
        "/y/?.jsp",
        "!/x/static/*",
        "!/y",
        "!/z|/*",
        "-/q",
        "-!/x/1",
        "/caf\udce9",
        "!/*.gif",
    ]
)
_NOISE = st.sampled_from([b"", b"# comment", b"junk", b"\xff\xfe", b"*.jsp=home", b"/none=", b"/bad=nowhere"])


@st.composite
def _values(draw: st.DrawFn, names: tuple[str, ...], plain: bool) -> str:
    # Most maps use one or two balancers; any other choice tests little but disagreement.
    value = draw(st.sampled_from([names[0]] * 8 + list(names)))
    if plain:
        return value
    for _ in range(draw(st.integers(0, 2))):
        value += draw(
            st.sampled_from(
                [
                    ";stopped=b",
                    ";stopped=c,b",
                    ";stopped=c d",
                    ";stopped=",
                    ";disabled=c",
                    ";active=a",
                    ";active=b,c",
                    ";reply_timeout=5",
                    ";session_path=",
                    ";session_path=;jsessionid",
                    ";",
                    ";stopped=nobody",
                    "; stopped=a",
                ]
            )
        )
    return value


@st.composite
def sites(draw: st.DrawFn, *, plain: bool = False) -> Site:
    """Any site; ``plain`` ones have no extensions, so that swaps are frequent."""
    workers, names = draw(workers_files())
    lines: list[bytes] = []
    if draw(st.integers(0, 4)) == 0:
        lines.append(b"pool=" + draw(_values(names, plain)).encode())
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.integers(0, 5)) == 0:
            lines.append(draw(_NOISE))
            continue
        value = draw(_values(names, plain))
        if lines and lines[0].startswith(b"pool=") and draw(st.booleans()):
            value = "$(pool)"
        key = draw(_KEYS).encode("utf-8", "surrogateescape")
        lines.append(draw(_SPACE) + key + draw(_SPACE) + b"=" + draw(_SPACE) + value.encode() + draw(_COMMENT))
    data = b"".join(line + draw(_LINE_END) for line in lines)
    return Site(workers, data if draw(st.booleans()) else data.removesuffix(b"\n"))
