"""httpd's configuration language, as httpd reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.serverconf.directives import Directive, Opening, read_items, resolve_variables, split_arguments


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("JkMountFile conf/map", ["JkMountFile", "conf/map"]),
        ('JkMountFile "/a b/map"', ["JkMountFile", "/a b/map"]),
        (r'LogFormat "%h \"%r\" %>s" common', ["LogFormat", '%h "%r" %>s', "common"]),
        ("Header 'it''s'", ["Header", "it", "s"]),
        (r"Alias C:\dir /x", ["Alias", r"C:\dir", "/x"]),
        ('Open "never closed', ["Open", "never closed"]),
        ('Empty ""', ["Empty", ""]),
    ],
)
def test_arguments_are_split_as_httpd_does(line: str, words: list[str]) -> None:
    assert split_arguments(line) == words


def test_continued_lines_are_one_and_have_the_number_of_the_first() -> None:
    text = "# comment \\\nstill comment\nJkMount \\\n  /* \\\n  balancer\r\nNext on # no comment\n"
    found = [item for item in read_items(text, "f") if isinstance(item, Directive)]
    assert [(item.name, item.arguments, item.place.line) for item in found] == [
        ("jkmount", ("/*", "balancer"), 3),
        ("next", ("on", "#", "no", "comment"), 6),
    ]


def test_sections_have_their_arguments() -> None:
    (item, *_) = read_items('<VirtualHost *:80 "[::1]:80">\n</VirtualHost>', "f")
    assert isinstance(item, Opening)
    assert (item.section.name, item.section.arguments) == ("virtualhost", ("*:80", "[::1]:80"))


def test_variables_that_are_not_known_stay_and_are_named() -> None:
    assert resolve_variables("${A}/${B}", {"A": "/etc"}) == ("/etc/${B}", ("B",))


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    list(read_items(text, "f"))
