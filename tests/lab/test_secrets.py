"""Secret deploy arguments: they reach the script, and no screen, no file and no answer besides."""

import signal
from pathlib import Path
from typing import Any

from isdeploy_tui.config import WorkerId
from tests.lab.afterwards import let_a_minute_pass, records
from tests.lab.command_line import isdeploy, settings, started, until
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.watched import marking_scripts

W1 = WorkerId("shop", "web1", "worker1")
SECRETS = ("hunter22", "tok-4711")
ARGUMENTS = ("1", "db_password=hunter22", "--token", "tok-4711")
MASKED = "1 db_password=**** --token ****"


def assert_hidden(what: str, text: str) -> None:
    for secret in SECRETS:
        assert secret not in text, f"{what} tells {secret}:\n{text}"


def told_in_files(folder: Path) -> list[str]:
    """The files below a directory that have a secret in them."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found += [str(path.relative_to(folder)) for secret in SECRETS if secret.encode() in data]
    return sorted(set(found))


async def test_they_reach_the_script_and_are_masked_everywhere_else(stack: Stack, tmp_path: Path) -> None:
    marks, _ = marking_scripts(tmp_path, stack)
    for worker in stack.scenario.workers:
        script = Path(marks.path(worker))
        says = 'echo "at work with $*"; echo "the token is \'$4\'." >&2'
        script.write_text(script.read_text().replace('echo "at work"', says))
    bastion = tmp_path / "bastion"
    bastion.mkdir()

    def change(data: dict[str, Any]) -> None:
        data["secret_arguments"] = ["*password=*", "--token *"]
        data["service"][0]["quiet_seconds"] = 0.1
        for worker in data["service"][0]["apache"][0]["worker"]:
            worker["deploy"] = marks.path(worker["name"])

    config = settings(stack, bastion, change)
    report = bastion / "report.json"
    rolled = await isdeploy(config, "roll", str(W1), "--yes", "--report", str(report), "--", *ARGUMENTS)
    assert rolled.status == 0, rolled
    assert f"at work with {MASKED}\nthe token is '****'.\n" in rolled.out
    assert_hidden("roll", rolled.out + rolled.err)

    # Somebody dies in the middle; what the others are told is masked, too, though they do not know the arguments.
    marks.hold()
    assert (await isdeploy(config, "drain", str(W1))).status == 0
    async with started(config, "deploy", str(W1), "--yes", "--json", "--", *ARGUMENTS) as deploy:
        await until(lambda: "at work" in deploy.err)
        await until(lambda: '"run": "2' in (records(stack) / "leases").read_text())
        deploy.signal(signal.SIGKILL)
        died = await deploy.end()
    assert_hidden("deploy --json", died.out + died.err)
    let_a_minute_pass(stack)
    marks.let_go()
    await until(lambda: marks.running == [])
    for words in (
        ("history",),
        ("history", "--json"),
        ("status",),
        ("status", "--json"),
        ("follow", str(W1)),
        ("check",),
        ("restore", str(W1)),
    ):
        said = await isdeploy(config, *words)
        assert_hidden(" ".join(words), said.out + said.err)
        if words[0] in ("history", "follow"):
            assert "****" in said.out, said
        if words[0] == "follow":
            assert said.out == f"at work with {MASKED}\nthe token is '****'.\n"
    async with on_screen(config) as person:
        await person.point_at(W1)
        await person.until("exited 0")
        await person.press("u")
        await person.until(f"with    {MASKED}")
        await person.press("1")
        await person.until(f"at work with {MASKED}")
        assert_hidden("the screen", person.sees)
        await person.press("escape")
        await person.press("p")
        await person.until("Arguments:")
        await person.type("--token tok-4711")
        await person.until("The script gets 1 --token 2 ****")
        await person.press("escape")
    # Where the script printed them itself, on its own server and for its own account; and nowhere else.
    runs = stack.home / ".local" / "state" / "isdeploy" / "runs"
    assert {Path(name).name for name in told_in_files(stack.home)} == {"log"}
    assert all(oct(log.stat().st_mode & 0o777) == "0o600" for log in runs.glob("*/log"))
    assert told_in_files(records(stack)) == []
    assert told_in_files(bastion) == []
