"""Includes, conditions and what is missing."""

from collections.abc import Mapping

from isdeploy_tui.serverconf.httpdtree import Files, HttpdTree, Start, assemble

START = Start("/etc/apache2/apache2.conf", "/etc/apache2")


def tree(texts: Mapping[str, str], globs: Mapping[str, list[str]] | None = None, **more: object) -> HttpdTree:
    return assemble(START, Files(texts, globs or {}, **more))  # type: ignore[arg-type]


def names(found: HttpdTree) -> list[str]:
    return [" ".join((item.name, *item.arguments)) for item in found.directives]


def test_files_that_were_not_read_yet_are_wanted_by_their_absolute_pattern() -> None:
    found = tree({START.file: "ServerRoot /opt/web\nInclude conf.d/*.conf\nIncludeOptional /x/*.load\n"})
    assert found.wanted == ("/opt/web/conf.d/*.conf", "/x/*.load")
    assert tree({}).wanted == (START.file,)


def test_includes_stand_where_they_are_included_inside_the_same_sections() -> None:
    found = tree(
        {
            START.file: "A 1\n<VirtualHost *:80>\nInclude jk.conf\n</VirtualHost>\nC 3\n",
            "/etc/apache2/jk.conf": "B 2\n",
        },
        {"/etc/apache2/jk.conf": ["/etc/apache2/jk.conf"]},
    )
    assert names(found) == ["a 1", "b 2", "c 3"]
    b = found.directives[1]
    assert b.place.file == "/etc/apache2/jk.conf"
    assert b.inside("virtualhost") is not None


def test_conditions_are_decided_by_what_is_defined_and_loaded() -> None:
    text = (
        "<IfModule jk_module>\nNo 1\n</IfModule>\nLoadModule jk_module modules/mod_jk.so\n"
        "<IfModule mod_jk.c>\nYes 1\n</IfModule>\n<IfModule !jk_module>\nNo 2\n</IfModule>\n"
        "<IfDefine SSL>\nNo 3\n</IfDefine>\nDefine SSL\n<IfDefine SSL>\nYes ${MAP}\n</IfDefine>\n"
        "Define MAP /m\n<IfDefine !SSL>\nNo 4\n</IfDefine>\nYes ${MAP}\n"
    )
    assert names(tree({START.file: text})) == [
        "loadmodule jk_module modules/mod_jk.so",
        "yes 1",
        "yes ${MAP}",
        "yes /m",
    ]


def test_what_cannot_be_told_is_said_with_its_place() -> None:
    text = (
        "JkMountFile ${WHO}/map\n<IfVersion >= 2.4>\nA 1\n</IfVersion>\nUse Site shop\n"
        "Include secret.conf\n<Macro M $x>\nB 1\n</Macro>\n"
    )
    found = tree({START.file: text}, refused={"/etc/apache2/secret.conf": "this account may not read it"})
    assert [note.split(": ")[0] for note in found.notes] == [
        f"{START.file} line {number}" for number in (1, 2, 5, 6, 7)
    ]
    assert "WHO" in found.notes[0]
    assert names(found)[-1] == "a 1"


def test_files_that_include_each_other_come_to_an_end() -> None:
    found = tree({START.file: "A 1\nInclude apache2.conf\n"}, {START.file: [START.file]})
    assert "too deep" in found.notes[0]
