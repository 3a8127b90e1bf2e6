"""What the pages say is true: keys, sentences, links, commands that parse; README in both languages has the same."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from isdeploy_tui.cli import make_parser
from isdeploy_tui.tui.actions import ACTIONS, key_name
from release.make_docs import PAGE, renewed
from tests.docs.pages import PAGES, ROOT, anchors, mentioned, shown

ids = [page.name for page in PAGES]


def test_the_configuration_reference_is_what_the_code_expects() -> None:
    assert PAGE.read_text("utf-8") == renewed(PAGE.read_text("utf-8")).rstrip("\n") + "\n", "make docs"


def test_a_key_without_a_text_or_without_code_is_told() -> None:
    text = PAGE.read_text("utf-8")
    with pytest.raises(ValueError, match=r"say in configuration\.md what poll_seconds is for"):
        renewed(re.sub(r"(?s)(### `poll_seconds`).*?(?=### )", "", text))
    with pytest.raises(ValueError, match=r"reading\.py has no key coffee"):
        renewed(text.replace("### `poll_seconds`", "### `coffee`\n\nTea.\n\n### `poll_seconds`"))


def test_the_table_of_actions_is_the_programs() -> None:
    rows = re.findall(r"(?m)^\| `([a-z]+\.[a-z_]+)` \| `([^`]*)` \| (.*) \|$", PAGE.read_text("utf-8"))
    assert rows == [(action.id, action.key_text, action.help) for action in ACTIONS]


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_every_key_in_a_readme_is_in_the_table(name: str) -> None:
    known = {name for action in ACTIONS for key in action.key_list for name in (key, key_name(key))}
    rows = re.findall(r"(?m)^\| ((?:`[^`]+` ?)+)\|", (ROOT / name).read_text("utf-8"))
    shown = {key for row in rows for key in re.findall(r"`([^`]+)`", row) if not key.startswith("--")}
    assert len(shown) > 20
    assert shown <= known


def sentences() -> list[str]:
    """Return every text in the program's code, with ``…`` for what is put in at run time."""
    found = []
    for path in (ROOT / "isdeploy_tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"\{\w+\}", "…", node.value))
    return found


def headings_of_errors() -> list[str]:
    return re.findall(r"(?m)^### `(.*)`$", (ROOT / "docs" / "errors.md").read_text("utf-8"))


def test_every_error_on_its_page_is_one_that_the_program_says() -> None:
    known = sentences()
    assert len(headings_of_errors()) > 25
    for heading in headings_of_errors():
        # Two texts of the code may make up one sentence: each run of words must be in one of them.
        pieces = [piece.strip() for piece in heading.split("…") if len(piece.strip()) > 4]
        assert pieces, heading
        for piece in pieces:
            halves = [half for half in re.split(r"(?<=[a-z]); ", piece) if len(half) > 4]
            for half in halves:
                assert any(half.rstrip(";: ") in text for text in known), f"{heading}: nobody says {half!r}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_in_the_text_is_one_that_the_program_takes(page: Path) -> None:
    for command in mentioned(page):
        if "…" in command:
            continue
        words = shlex.split(re.split(r" [|>] |<\(", command)[0])[1:]
        given = words[: words.index("--")] if "--" in words else words
        try:
            # A name alone is the command in general.
            make_parser().parse_args([*given, "--help"] if len(given) == 1 else given)
        except SystemExit as ended:
            assert not ended.code, f"{page.name}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]*(?:#[^)\s]*)?)\)", page.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name) if name else page
        assert other.is_file(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(other), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_examples_of_servers_toml_are_accepted(page: Path) -> None:
    from isdeploy_tui.config import parse

    for block in re.findall(r"(?ms)^```toml\n(.*?)^```", page.read_text("utf-8")):
        assert parse(block).services


def test_both_readmes_have_the_same_commands_keys_and_options() -> None:
    english, korean = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ko.md"))
    for what, pattern in (
        ("commands", r"isdeploy-tui (?:--[a-z-]+ )*([a-z]+)"),
        ("keys", r"(?m)^\| ((?:`[^`]+` ?)+)\|"),
        ("options", r"(--[a-z][a-z-]+)"),
        ("targets of make", r"(?m)(?:`|^)make ([a-z]+)"),
        ("settings", r"`([a-z]+_[a-z_]+)`"),
        ("links", r"\]\(((?!README)[^)]+)\)"),
    ):
        assert set(re.findall(pattern, english)) == set(re.findall(pattern, korean)), what
    commands = (
        [one.line.split(" # ")[0].strip() for one in shown(ROOT / name)] for name in ("README.md", "README.ko.md")
    )
    assert next(commands) == next(commands)
    assert re.findall(r"(?m)^##? ", english) == re.findall(r"(?m)^##? ", korean)
