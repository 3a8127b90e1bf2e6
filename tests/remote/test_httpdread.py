"""Reading httpd's configuration from a server, on every userland."""

from pathlib import Path

import pytest

from isdeploy_tui.remote.hostfacts import HttpdProcess
from isdeploy_tui.remote.httpdread import Candidate, Unread, candidates, read_httpd
from isdeploy_tui.serverconf.httpdtree import HttpdTree
from isdeploy_tui.serverconf.jkdirectives import read_jk
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, make_host, open_path

__all__ = ["open_path"]


def process(*arguments: str, contained: bool = False) -> HttpdProcess:
    return HttpdProcess(1, "root", contained, arguments)


def debian(root: Path) -> Path:
    """A ServerRoot as Debian's package lays it out; return its first file."""
    for folder in ("mods-available", "mods-enabled", "sites-available", "sites-enabled", "conf-enabled"):
        (root / folder).mkdir(parents=True)
    (root / "apache2.conf").write_text(
        "DefaultRuntimeDir ${APACHE_RUN_DIR}\n"
        "IncludeOptional mods-enabled/*.load\nIncludeOptional mods-enabled/*.conf\n"
        "IncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n"
    )
    (root / "envvars").write_text("export APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n")
    files = {
        "mods": ("jk.load", "LoadModule jk_module /usr/lib/apache2/modules/mod_jk.so\n"),
        "sites": (
            "010 shop.conf",
            "<VirtualHost *:80>\nInclude map.conf\nCustomLog ${APACHE_LOG_DIR}/a combined\n</VirtualHost>\n",
        ),
    }
    (root / "mods-available" / "jk.conf").write_text(
        "<IfModule jk_module>\nJkWorkersFile workers.properties\nJkMountFileReload 5\n</IfModule>\n"
    )
    (root / "mods-enabled" / "jk.conf").symlink_to("../mods-available/jk.conf")
    for kind, (name, text) in files.items():
        (root / f"{kind}-available" / name).write_text(text)
        (root / f"{kind}-enabled" / name).symlink_to(f"../{kind}-available/{name}")
    (root / "map.conf").write_text("JkMountFile ${APACHE_CONFDIR}/map\n")
    return root / "apache2.conf"


@pytest.mark.parametrize("userland", USERLANDS)
async def test_debians_layout_is_followed_through_links_and_variables(userland: str, tmp_path: Path) -> None:
    root = tmp_path / "apache2"
    file = debian(root)
    host = make_host(userland, tmp_path / "host")
    tree = await read_httpd(host, process("/usr/sbin/apache2", "-d", str(root), "-f", str(file), "-k", "start"))
    assert isinstance(tree, HttpdTree)
    assert tree.notes == ()
    jk = read_jk(tree)
    assert jk.is_loaded
    assert jk.maps() == (f"{root}/map",)
    assert jk.reload_of(jk.servers[1])[0] == 5
    assert jk.workers_file is not None
    assert jk.workers_file.value == f"{root}/workers.properties"
    # One round trip for the first file, one for each level of Include.
    assert host.ran == ["confread.sh"] * 3


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_directory_is_read_whole_and_a_missing_optional_include_is_no_word(
    userland: str, tmp_path: Path
) -> None:
    (tmp_path / "conf.d" / "deep").mkdir(parents=True)
    (tmp_path / "conf.d" / "b").write_text("B 1\n")
    (tmp_path / "conf.d" / "deep" / "a").write_text("A 1\n")
    file = tmp_path / "httpd.conf"
    file.write_text("Include conf.d\nIncludeOptional none/*.conf\nInclude none.conf\n")
    tree = await read_httpd(make_host(userland, tmp_path / "host"), process("x", "-d", str(tmp_path), "-f", str(file)))
    assert isinstance(tree, HttpdTree)
    assert [item.name for item in tree.directives] == ["b", "a"]
    assert [note.split(": ")[0] for note in tree.notes] == [f"{file} line 3"]
    assert "does not exist" in tree.notes[0]


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_what_may_not_be_read_is_named_and_read_through_sudo(userland: str, open_path: Path) -> None:
    (open_path / "a.conf").write_text("A 1\n")
    (open_path / "a.conf").chmod(0o600)
    (open_path / "shut").mkdir(mode=0o700)
    (open_path / "shut" / "b.conf").write_text("B 1\n")
    file = open_path / "httpd.conf"
    file.write_text("Include *.conf.d/x\nInclude a.conf\nIncludeOptional shut/*.conf\n")
    host = make_host(userland, open_path / "host", wrapper=NOBODY, sudo_wrapper=("env",))
    httpd = process("x", "-d", str(open_path), "-f", str(file))
    tree = await read_httpd(host, httpd)
    assert isinstance(tree, HttpdTree)
    assert f"{open_path}/a.conf" in tree.notes[0]
    assert f"{open_path}/shut may not be looked into" in tree.notes[1]
    tree = await read_httpd(host, httpd, sudo=True)
    assert isinstance(tree, HttpdTree)
    assert [item.name for item in tree.directives] == ["a", "b"]


async def test_what_cannot_be_read_at_all_is_a_sentence(tmp_path: Path) -> None:
    host = make_host("dash", tmp_path)
    said = await read_httpd(host, process("x", "-d", "/none", "-f", "/none/httpd.conf"))
    assert said == Unread("httpd's configuration could not be read (/none/httpd.conf: it does not exist)", True)
    said = await read_httpd(host, process("httpd", contained=True))
    assert "container" in str(said)


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("/usr/sbin/apache2", "-k", "start"), Candidate("/etc/apache2/apache2.conf", "/etc/apache2")),
        (("/usr/sbin/httpd", "-DFOREGROUND"), Candidate("/etc/httpd/conf/httpd.conf", "/etc/httpd")),
        (("/opt/web/bin/httpd",), Candidate("/opt/web/conf/httpd.conf", "/opt/web")),
        (
            ("/opt/rh/httpd24/root/usr/sbin/httpd",),
            Candidate("/opt/rh/httpd24/root/etc/httpd/conf/httpd.conf", "/opt/rh/httpd24/root/etc/httpd"),
        ),
        (("httpd", "-f", "conf/x.conf", "-d", "/srv"), Candidate("/srv/conf/x.conf", "/srv")),
        (("/opt/web/bin/httpd", "-fconf/x.conf"), Candidate("/opt/web/conf/x.conf", "/opt/web")),
        (("httpd",), Candidate("/etc/apache2/apache2.conf", "/etc/apache2")),
    ],
)
def test_the_command_line_says_where_the_configuration_begins(arguments: tuple[str, ...], first: Candidate) -> None:
    assert candidates(process(*arguments))[0] == first
