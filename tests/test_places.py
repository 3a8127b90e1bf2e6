"""Problems of a servers.toml lead to the line where they can be mended."""

import pytest

from isdeploy_tui.config import ConfigError, parse
from isdeploy_tui.config.places import lines_of
from isdeploy_tui.tui.actions.keymap import judge

TEXT = """\
# the shop
poll_seconds = 2

[keys]
"fleet.drain" = "y"
fleet.zoom = "esc"

[[service]]
name = "shop"
comment = \"\"\"
one
two\"\"\"

[[service.apache]]
name = "web1"
ssh = "web1"
map = "relative"
rules = {
}
balancers = [
  "one",
  3,
]

[[service.apache.worker]]
name = "worker1"
cofee = 1

[[service.apache.worker]]
name = "worker1"
log = "/log"
"""


def told(text: str) -> dict[str, int | None]:
    with pytest.raises(ConfigError) as raised:
        parse(text, judge_keys=judge)
    problems = raised.value.problems
    return dict(
        zip((str(one).split(":")[0].split(" › ")[-1] for one in problems), lines_of(text, problems), strict=True)
    )


def test_every_problem_has_its_line() -> None:
    text = TEXT.replace("{\n}", "{}")
    assert told(text) == {
        "fleet.drain": 5,
        "fleet.zoom": 6,
        "comment": 10,
        "map": 17,
        "balancers": 19,
        "workers_file": 14,
        "cofee": 26,
        "name": 29,
    }


def test_broken_toml_has_the_line_that_the_reader_tells() -> None:
    with pytest.raises(ConfigError) as raised:
        parse('a = 1\nb = "x\nc = 2\n')
    assert lines_of('a = 1\nb = "x\nc = 2\n', raised.value.problems) == [2]


def test_a_file_that_ends_too_early_leads_to_its_end() -> None:
    text = 'a = 1\nb = ["x",\n'
    with pytest.raises(ConfigError) as raised:
        parse(text)
    assert lines_of(text, raised.value.problems) == [3]


def test_what_has_no_place_has_no_line() -> None:
    with pytest.raises(ConfigError) as raised:
        parse("# nothing yet\n")
    assert lines_of("# nothing yet\n", raised.value.problems) == [None]


def test_the_last_table_of_a_large_file_is_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    import isdeploy_tui.config.places as places

    text = '[[service]]\nname = "shop"\n' + "".join(f'[[service.apache]]\nname = "web{n}"\n' for n in range(500))
    text += "sudo = 3\n"
    with pytest.raises(ConfigError) as raised:
        parse(text)
    readings: list[str] = []
    original = places.tomllib.loads
    monkeypatch.setattr(places.tomllib, "loads", lambda text: (readings.append(text), original(text))[1])
    last = [one for one in raised.value.problems if "sudo" in one]
    assert lines_of(text, last) == [1003]
    assert len(readings) < 20
