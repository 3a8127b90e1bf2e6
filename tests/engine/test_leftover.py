"""Which script of a Tomcat is still to be told of, as a journal has it, and its output for whoever comes later."""

from pathlib import Path

import pytest

from isdeploy_tui.engine.following import ScriptEnd, ScriptFound, follow_script
from isdeploy_tui.engine.leftover import last_script
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.secrets import fingerprints, hide_words
from isdeploy_tui.engine.steps import Output
from isdeploy_tui.remote.journal import Entry
from tests.engine.site import Site, open_site

W1 = Site.id("worker1")


def journal(*operations: str) -> list[Entry]:
    """Return entries for ``kind: step state, step state`` and so on, a run for each script but ``script refused``."""
    entries = []
    for number, operation in enumerate(operations):
        kind, _, steps = operation.partition(": ")
        for words in ("begin started", *steps.split(", ")):
            step, state = words.split()
            run = f"run{number}" if step == "script" and state != "refused" else ""
            entries.append(Entry("t", "ops1", "b1", "web1", str(number), kind, str(W1), step, state, run=run))
    return entries


@pytest.mark.parametrize(
    ("operations", "run"),
    [
        ([], ""),
        (["drain: write done, end done"], ""),
        (["deploy: script started"], "run0"),
        (["deploy: script started, script done, end done"], "run0"),
        (["deploy: script started, script done, end done", "restore: write done, end done"], ""),
        (["deploy: script started, end failed", "restore: guard refused, end failed"], "run0"),
        (["deploy: script started, end failed", "drain: write done, end done"], "run0"),
        (["deploy: script started, script done, end done", "drain: write done, end done"], ""),
        (["deploy: script started, end failed", "deploy: script refused, end failed"], "run0"),
        (["deploy: script started, end failed", "deploy: script started, script done, end done"], "run1"),
        (["roll: write done, script started, script done, write done, end done"], ""),
        (["roll: write done, script started, script failed, end failed"], "run0"),
    ],
)
def test_the_last_script_is_told_until_its_tomcat_has_been_put_back(operations: list[str], run: str) -> None:
    found = last_script(journal(*operations), [W1])
    assert (found[0].run if found else "") == run
    assert last_script(journal(*operations), [Site.id("worker2")]) is None


async def test_the_latest_script_of_a_tomcat_is_followed_from_its_start_by_anybody(tmp_path: Path) -> None:
    async with open_site(tmp_path, top='secret_arguments = ["*password=*", "--token *"]\n') as site:
        operations = Operations(site.session)
        with pytest.raises(LookupError, match="no deploy script of this Tomcat"):
            [event async for event in follow_script(site.session, W1)]
        words = ["v1", "3", "db_password=hunter22", "--token", "tok-4711"]
        for worker, arguments in ((W1, words), (Site.id("worker2"), ["v2"])):
            plan = await operations.plan(OperationKind.DEPLOY, [worker])
            operation = operations.start(plan, force=True, arguments=arguments)
            assert await operation.wait() is (Result.FAILED if worker == W1 else Result.DONE)
        found, output, end = [event async for event in follow_script(site.session, W1)]
        assert isinstance(found, ScriptFound)
        assert (found.ssh, found.label, found.running) == ("was", "ops1@bastion1", False)
        assert output == Output(str(W1), ("deploying v1 3 db_password=**** --token ****",))
        assert end == ScriptEnd(str(W1), 3)


def test_words_that_look_secret_are_masked_and_the_rest_of_the_line_is_as_it_was() -> None:
    patterns = ["*password=*", "--token *"]
    assert hide_words("  a\tdb_password=x  b", patterns) == "  a\tdb_password=****  b"
    assert hide_words("--token  abc --token", patterns) == "--token  **** --token"
    assert hide_words(" x  y ", ["z"]) == " x  y "
    assert hide_words("password=x", []) == "password=x"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("token tok-4711", "token ****"),
        ("\tgot 'tok-4711', go on", "\tgot '****', go on"),
        ("X-Token:tok-4711 x=p@ss.w0rd!", "X-Token:**** x=****"),
        ("tok-4712 v1", "tok-4712 v1"),
    ],
)
def test_a_secret_word_is_known_by_its_fingerprint_to_who_does_not_know_it(said: str, shown: str) -> None:
    known = fingerprints(["v1", "--token", "tok-4711", "password=p@ss.w0rd!"], ["*password=*", "--token *"], "run1")
    assert len(known) == 2
    assert hide_words(said, [], "run1", known) == shown
    # Of another run they tell nothing.
    assert hide_words(said, [], "run2", known) == said
