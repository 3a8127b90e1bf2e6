"""Scripts on the three shells that /bin/sh is: arguments and content byte for byte, replies tagged, cuts harmless."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isdeploy_tui.remote.errors import ConnectionLostError, NoShellError, ScriptError, SudoError
from isdeploy_tui.remote.shell import compose, parse_reply, quote, script_text
from tests.remote.local_host import SHELLS, LocalHost

_HEX = "od -An -v -tx1 | tr -d ' \\n'; echo"

SCRIPTS = {
    "args.sh": f"""n=$1; shift; for a in "$@"; do printf '@%s ' "$n"; printf %s "$a" | {_HEX}; done""",
    "content.sh": f"""printf '@%s ' "$1"; isd_content | {_HEX}""",
    "raw.sh": f"""printf '@%s ' "$1"; cat <&3 | {_HEX}""",
    "noise.sh": """echo noise; echo "@$1 one"; echo " @$1 no"; echo bad >&2; echo "@$1 two"; exit 7""",
    "stdin.sh": """printf '@%s %s\\n' "$1" "$(cat)" """,
    "much.sh": """head -c 100000 /dev/zero | tr '\\0' x""",
    "sleep.sh": "sleep 30",
    "touch.sh": """cat <&3 >/dev/null; : >"$2"; printf '@%s done\\n' "$1" """,
    "echo.sh": """echo early; printf '@%s ready\\n' "$1"; while read -r x; do printf 'got %s\\n' "$x"; done; exit 3""",
    "never.sh": """printf '@%s ERR 20 no such file\\n' "$1"; exit 20""",
    "readied.sh": """printf '@%s ready\\n' "$1"; echo bye; exit 4""",
}

NASTY = (
    "",
    " ",
    "a b",
    "it's",
    '"',
    "\\",
    "\\\\n",
    "$HOME `id` $(id)",
    "!x",
    "line\nbreak\n",
    "\n",
    "*?[a]",
    "-n",
    "--",
    "{a,b}",
    "~",
    "#",
    "ü€😀",
    "\udcff\udc81\udc88",
    "".join(map(chr, range(1, 128))),
    bytes(range(128, 256)).decode("utf-8", "surrogateescape"),
)


def local(sh: str) -> LocalHost:
    return LocalHost(sh=SHELLS[sh], scripts=SCRIPTS)


@pytest.mark.parametrize("sh", SHELLS)
async def test_arguments_arrive_byte_for_byte(sh: str) -> None:
    reply = await local(sh).run("args.sh", *NASTY)
    got = [bytes.fromhex(line.decode()) for line in reply.lines]
    assert got == [text.encode("utf-8", "surrogateescape") for text in NASTY]


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"a",
        b"a\n",
        b"a\n\n\n",
        b"\n\na",
        b"a\r\nb\r",
        b"/*=balancer;stopped=w1\n# $HOME `id` \\\n\t x\n",
        bytes(range(1, 256)),
        bytes(range(1, 256)) + b"\n",
        b"x" * 200_000,
        b"line of a map\n" * 20_000,
    ],
    ids=range(12),
)
async def test_content_arrives_byte_for_byte(sh: str, locale: str, content: bytes) -> None:
    host = LocalHost(sh=SHELLS[sh], scripts=SCRIPTS, environ={"LC_ALL": locale})
    reply = await host.run("content.sh", content=content)
    assert bytes.fromhex(reply.lines[0].decode()) == content
    raw = await host.run("raw.sh", content=content)
    assert bytes.fromhex(raw.lines[0].decode()) == (
        content if content.endswith(b"\n") or not content else content + b"\n"
    )


@pytest.mark.parametrize("sh", SHELLS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"\n")))
def test_any_content_arrives(sh: str, content: bytes) -> None:
    reply = asyncio.run(local(sh).run("content.sh", content=content))
    assert bytes.fromhex(reply.lines[0].decode()) == content


def test_nul_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")
    with pytest.raises(ValueError, match="NUL"):
        compose(":", "n", (), b"a\0b")


@pytest.mark.parametrize("name", ["../errors.py", "x", "/etc/passwd", "a/b.sh", "", "A.sh"])
def test_only_script_names_are_read(name: str) -> None:
    with pytest.raises(ValueError, match="script name"):
        script_text(name)


@pytest.mark.parametrize("sh", SHELLS)
async def test_only_tagged_lines_are_the_reply(sh: str) -> None:
    reply = await local(sh).run("noise.sh")
    assert reply.lines == (b"one", b"two")
    assert reply.status == 7
    assert reply.stderr == b"bad\n"


@pytest.mark.parametrize("sh", SHELLS)
async def test_a_script_cannot_read_what_is_left_of_itself(sh: str) -> None:
    reply = await local(sh).run("stdin.sh")
    assert reply.lines == (b"",)
    assert reply.status == 0


@pytest.mark.parametrize("sh", SHELLS)
async def test_a_stream_cut_anywhere_runs_nothing(sh: str, tmp_path: Path) -> None:
    host = local(sh)
    mark = tmp_path / "mark"
    length = len(compose(SCRIPTS["touch.sh"], "0" * 16, (str(mark),), b"some\ncontent\n"))
    for cut in [*range(1, length - 60, 7), *range(length - 60, length - 1)]:
        host.cut = cut
        with pytest.raises(ConnectionLostError):
            await host.run("touch.sh", str(mark), content=b"some\ncontent\n")
        assert not mark.exists(), f"it ran when cut after {cut} of {length} bytes"
    await host.run("touch.sh", str(mark), content=b"some\ncontent\n")
    assert mark.exists()


@pytest.mark.parametrize("sh", SHELLS)
async def test_output_beyond_the_limit_is_not_read(sh: str) -> None:
    with pytest.raises(ScriptError, match="longer than 50000 bytes"):
        await local(sh).run("much.sh", limit=50_000)
    assert (await local(sh).run("much.sh", limit=200_000)).lines == ()


async def test_a_script_that_hangs_has_an_unknown_outcome() -> None:
    with pytest.raises(ConnectionLostError, match="not known"):
        await local("dash").run("sleep.sh", timeout=0.2)


@pytest.mark.parametrize("sh", SHELLS)
async def test_a_stream_talks_after_its_ready_line_and_ends_with_its_input(sh: str) -> None:
    async with local(sh).stream("echo.sh", "it's") as stream:
        for word in (b"one", b"two"):
            stream.write(word + b"\n")
            assert await stream.read() == b"got " + word + b"\n"
        assert stream.status is None


@pytest.mark.parametrize("sh", SHELLS)
async def test_a_stream_that_ends_by_itself_has_a_status(sh: str) -> None:
    async with local(sh).stream("readied.sh") as stream:
        output = b""
        while chunk := await stream.read():
            output += chunk
        assert output == b"bye\n"
        assert stream.status == 4


@pytest.mark.parametrize("sh", SHELLS)
async def test_a_stream_that_never_gets_ready_says_why(sh: str) -> None:
    with pytest.raises(ScriptError, match="no such file") as caught:
        async with local(sh).stream("never.sh"):
            pass
    assert caught.value.code == 20


def test_no_status_is_an_unknown_outcome_even_when_a_reply_came() -> None:
    with pytest.raises(ConnectionLostError, match="not known"):
        parse_reply("web1", "n", None, b"\n@n\n@n OK\n", b"")


@pytest.mark.parametrize("said", [b"", b"\n@n\n", b"\n@n\n@n OK\n"])
def test_a_killed_shell_is_an_unknown_outcome_whatever_it_said_before(said: bytes) -> None:
    with pytest.raises(ConnectionLostError, match=r"killed there; what it did is not known"):
        parse_reply("web1", "n", -1, said, b"")


def test_an_account_without_a_shell_is_told_with_its_own_words() -> None:
    with pytest.raises(NoShellError, match="sftp connections only"):
        parse_reply("web1", "n", 1, b"This service allows sftp connections only.\n", b"")
    with pytest.raises(NoShellError, match="said nothing"):
        parse_reply("web1", "n", 0, b"", b"")


def test_what_an_account_without_a_shell_says_is_printable() -> None:
    with pytest.raises(NoShellError) as caught:
        parse_reply("web1", "n", 1, b"", b"\x1b]52;c;evil\x07\x1b[2Jno\n")
    assert "\x1b" not in str(caught.value)
    assert "it said: no" in str(caught.value)


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        (b"sudo: a password is required\n", "NOPASSWD"),
        (b"sudo: sorry, you must have a tty to run sudo\n", "!requiretty"),
        (b"ops is not in the sudoers file.\n", "sudoers"),
        (b"Sorry, user ops is not allowed to execute '/bin/sh -s' as root on web1.\n", "NOPASSWD"),
        (b"/bin/sh: 1: exec: sudo: not found\n", "no sudo"),
    ],
)
def test_sudo_refusals_say_what_to_allow(stderr: bytes, words: str) -> None:
    with pytest.raises(SudoError, match=words):
        parse_reply("web1", "n", 127 if b"not found" in stderr else 1, b"", stderr, sudo=True)


async def test_local_scripts_see_the_given_path_only(tmp_path: Path) -> None:
    (tmp_path / "od").symlink_to("/bin/false")
    host = LocalHost(sh=SHELLS["dash"], path=str(tmp_path), scripts={"path.sh": 'printf \'@%s %s\\n\' "$1" "$PATH"'})
    assert (await host.run("path.sh")).lines == (os.fsencode(tmp_path),)
