"""What mod_jk is told."""

from isdeploy_tui.serverconf.httpdtree import Files, Start, assemble
from isdeploy_tui.serverconf.jkdirectives import DEFAULT_RELOAD, Jk, is_guarded, read_jk


def jk(text: str) -> Jk:
    return read_jk(assemble(Start("/c", "/etc/httpd"), Files({"/c": text})))


def test_paths_are_relative_to_the_server_root() -> None:
    found = jk("JkWorkersFile conf/w.properties\n<VirtualHost *:80>\nJkMountFile conf/../map\n</VirtualHost>\n")
    assert found.workers_file is not None
    assert found.workers_file.value == "/etc/httpd/conf/w.properties"
    assert found.maps() == ("/etc/httpd/map",)


def test_reload_is_inherited_from_the_main_server_and_the_map_is_not() -> None:
    found = jk("JkMountFile /m\nJkMountFileReload 7\n<VirtualHost *:80>\nServerName a\n</VirtualHost>\n")
    main, host = found.servers
    assert found.map_of(host) is None
    assert found.reload_of(host)[0] == 7
    assert found.reading(["/m"]) == (main,)


def test_a_copying_host_takes_over_map_and_mounts() -> None:
    for copy in (
        "<VirtualHost *:80>\nJkMountCopy On\n</VirtualHost>",
        "JkMountCopy All\n<VirtualHost *:80>\nA b\n</VirtualHost>",
    ):
        found = jk(f"JkMountFile /m\nJkMount /x balancer\n{copy}\n")
        host = found.servers[1]
        assert found.reading(["/m"]) == found.servers
        assert [mount.worker for mount in found.mounts_of(host)] == ["balancer"]


def test_reload_is_read_as_atoi_does() -> None:
    assert jk("A b\n").reload_of(jk("A b\n").main) == (DEFAULT_RELOAD, None)
    for text, seconds in (("5", 5), ("abc", 0), ("-3", 0), ("5s", 5), ("0", 0)):
        found = jk(f"JkMountFileReload {text}\n")
        assert found.reload_of(found.main)[0] == seconds


def test_mounts_come_from_lines_and_from_locations() -> None:
    found = jk("JkMount /app|/* balancer;stopped=w1\n<Location /jk-status>\nJkMount jk-status\n</Location>\n")
    assert [(mount.uri, mount.worker) for mount in found.main.mounts] == [
        ("/app", "balancer"),
        ("/app/*", "balancer"),
        ("/jk-status", "jk-status"),
    ]


def test_a_location_guards_what_is_below_it_unless_it_lets_everybody_in() -> None:
    def guarded(text: str, uri: str = "/jkstatus") -> bool:
        found = jk(f"JkMount {uri} s\n{text}\n")
        return is_guarded(found.main, found.main, uri)

    assert guarded("<Location /jkstatus>\nRequire local\n</Location>")
    assert guarded("<Location />\nRequire ip 10.0.0.0/8\n</Location>")
    assert guarded("<Location /jkstatus>\nOrder deny,allow\nDeny from all\n</Location>")
    assert guarded('<LocationMatch "^/jk.*">\nRequire local\n</LocationMatch>', "/jkstatus/*")
    assert not guarded("<Location /jkstatus>\nRequire all granted\n</Location>")
    assert not guarded("<Location /other>\nRequire local\n</Location>")
    assert not guarded("")


def test_only_an_access_log_with_a_request_and_a_status_is_taken() -> None:
    formats = r'LogFormat "%h %l %u %t \"%r\" %>s %b" common' + "\n" + 'LogFormat "%U" odd\n'
    assert jk(formats + "CustomLog /a common\n").main.access_log is not None
    for line in ("CustomLog /a odd", 'CustomLog "|/bin/rotate" common', "CustomLog ${DIR}/a common"):
        assert jk(f"{formats}{line}\n").main.access_log is None
