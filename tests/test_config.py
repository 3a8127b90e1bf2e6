"""servers.toml: what is read, and that everything wrong is named with its place and what was expected."""

import re
from pathlib import Path

import pytest

import isdeploy_tui
from isdeploy_tui.config import (
    ApacheId,
    Config,
    ConfigError,
    WorkerId,
    find,
    load,
    parse,
)

SMALLEST = """
[[service]]
name = "shop"
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/srv/map"
workers_file = "/srv/workers"
[[service.apache.worker]]
name = "worker1"
"""

FULL = """
poll_seconds = 0.5
log_lines = 500
log_keep = 100_000
mouse = false
connect_seconds = 3
ssh_config = "~/.ssh/bastion"
secret_arguments = ["*password=*"]
bell = false
notify_command = ["/opt/ops/notify.sh", "deploys"]

[keys]
"fleet.drain" = "x,f5"
fleet.zoom = ""

[[service]]
name = "shop"
comment = "The argument is the tag"
environment = "Production"
operators = ["ops1"]
min_active = 2
drain_timeout = 30
ready_timeout = 90
soft_seconds = 20
quiet_seconds = 5

[[service.apache]]
name = "web1"
ssh = "ops@web1:2222"
map = "/srv/map"
workers_file = "/srv/workers"
reload_seconds = 5
status_url = "http://127.0.0.1/jkstatus"
access_log = "/var/log/access.log"
sudo = true
rules = { "/*" = "balancer", "-!/static/*" = "balancer;stopped=a,b" }
balancers = ["balancer"]
out_command = ["/usr/local/sbin/front", "out", "web1 $HOME"]
in_command = ["/usr/local/sbin/front", "in"]
state_command = ["/usr/bin/test", "-e", "/srv/up"]
out_seconds = 10
in_seconds = 4

[[service.apache.worker]]
name = "worker1"
ssh = "was1"
tomcat = "was1-a"
log = "/opt/tomcat1/catalina.out"
deploy = "/opt/deploy.sh"
check_url = "https://node1.example.com:8443/"
check_text = "version $1"
version_pattern = "version ([0-9.]+)"
drained = { "/*" = "balancer_ex1" }

[[service.apache.worker]]
name = "worker2"
version_command = "cat /opt/tomcat2/version.txt"
"""


def problems(text: str) -> list[str]:
    """Return what is wrong with a servers.toml."""
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return list(raised.value.problems)


def with_line(line: str, after: str) -> str:
    """Return the smallest configuration with a line more."""
    assert after in SMALLEST
    return SMALLEST.replace(after, f"{after}\n{line}")


def without_line(line: str) -> str:
    """Return the smallest configuration with a line less."""
    assert line in SMALLEST
    return SMALLEST.replace(line, "")


def test_every_key_is_read() -> None:
    config = parse(FULL)
    assert (config.poll_seconds, config.connect_seconds, config.ssh_config) == (0.5, 3, "~/.ssh/bastion")
    assert config.secret_arguments == ("*password=*",)
    assert (config.log_lines, config.log_keep) == (500, 100_000)
    assert (config.mouse, config.keys) == (False, {"fleet.drain": "x,f5", "fleet.zoom": ""})
    assert (config.bell, config.notify_command) == (False, ("/opt/ops/notify.sh", "deploys"))
    (service,) = config.services
    assert (service.name, service.comment, service.operators) == ("shop", "The argument is the tag", ("ops1",))
    assert service.is_production
    assert (service.min_active, service.drain_timeout, service.ready_timeout) == (2, 30, 90)
    assert (service.soft_seconds, service.quiet_seconds) == (20, 5)
    (apache,) = service.apaches
    assert (apache.ssh, apache.map, apache.workers_file) == ("ops@web1:2222", "/srv/map", "/srv/workers")
    assert (apache.reload_seconds, apache.settle_seconds, apache.sudo) == (5, 6.5, True)
    assert (apache.status_url, apache.access_log) == ("http://127.0.0.1/jkstatus", "/var/log/access.log")
    assert apache.rules == {"/*": "balancer", "-!/static/*": "balancer;stopped=a,b"}
    assert apache.balancers == ("balancer",)
    assert apache.front is not None
    assert apache.front.out_command == ("/usr/local/sbin/front", "out", "web1 $HOME")
    assert (apache.front.in_command[1], apache.front.state_command[0]) == ("in", "/usr/bin/test")
    assert (apache.front.out_seconds, apache.front.in_seconds) == (10, 4)
    worker, other = apache.workers
    assert (worker.ssh, worker.tomcat, worker.log) == ("was1", "was1-a", "/opt/tomcat1/catalina.out")
    assert (worker.deploy, worker.check_text) == ("/opt/deploy.sh", "version $1")
    assert (worker.check_url, worker.drained) == ("https://node1.example.com:8443/", {"/*": "balancer_ex1"})
    assert other.ssh == apache.ssh
    assert (worker.version_pattern, other.version_command) == ("version ([0-9.]+)", "cat /opt/tomcat2/version.txt")


def test_what_is_left_out_has_its_default() -> None:
    config = parse(SMALLEST)
    (service,), (apache,), (worker,) = config.services, config.apaches(), config.workers()
    assert (config.poll_seconds, config.connect_seconds, config.ssh_config) == (2, 10, None)
    assert (config.mouse, config.keys) == (True, {})
    assert (service.operators, service.is_production, service.min_active) == (None, False, 1)
    assert (apache.reload_seconds, apache.status_url, apache.sudo, apache.rules) == (60, None, False, {})
    assert (worker.ssh, worker.log, worker.deploy, worker.check_url) == ("web1", None, None, None)
    assert worker.tomcat == "shop/web1/worker1"


FRONT = 'out_command = ["/o"]\nin_command = ["/i"]\nstate_command = ["/s"]\nout_seconds = 3'


def test_the_keys_of_the_balancer_in_front_belong_together() -> None:
    (apache,) = parse(with_line(FRONT, 'ssh = "web1"')).apaches()
    assert apache.front is not None
    assert apache.front.in_seconds == 3
    for line in FRONT.splitlines():
        (problem,) = problems(with_line(FRONT.replace(line, "").replace("\n\n", "\n"), 'ssh = "web1"'))
        assert problem.startswith(f"service 'shop' › apache 'web1' › {line.split()[0]}: is missing; out_command, ")


@pytest.mark.parametrize("value", ['"/o out"', "[]", '["o"]', '["/o/"]', '["/o", 1]', '["/o", ""]'])
def test_a_command_is_an_absolute_path_and_arguments_and_never_a_line_for_a_shell(value: str) -> None:
    text = with_line(FRONT.replace('["/o"]', value), 'ssh = "web1"')
    assert problems(text)[0].startswith("service 'shop' › apache 'web1' › out_command: ")


def test_the_example_in_the_repository_is_read() -> None:
    assert load(Path(isdeploy_tui.__file__).parent / "example.toml").services


def test_a_version_is_told_in_one_way_and_a_pattern_needs_something_to_look_in() -> None:
    command, pattern = 'version_command = "cat v"', 'version_pattern = "[0-9.]+"'
    (problem,) = problems(with_line(pattern, 'name = "worker1"'))
    assert problem.endswith("version_pattern: is looked for in the answer of check_url, which is missing")
    (problem,) = problems(with_line(f'{pattern}\n{command}\ncheck_url = "http://x/"', 'name = "worker1"'))
    assert problem.endswith("version_pattern: version_command tells the version already; one of the two is expected")


def test_a_command_to_notify_is_named_by_its_path() -> None:
    (problem,) = problems('notify_command = ["notify.sh"]\n' + SMALLEST)
    assert problem == "notify_command: its first word must be the absolute path of a program on this machine"


def test_ids_find_what_they_name() -> None:
    config = parse(FULL)
    id = WorkerId("shop", "web1", "worker2")
    assert config.worker(id).id == id
    assert str(id) == "shop/web1/worker2"
    assert config.apache(id.apache_id).id == ApacheId("shop", "web1")
    assert config.service("shop").name == "shop"
    for missing in (lambda: config.worker(id._replace(worker="x")), lambda: config.service("x")):
        with pytest.raises(KeyError):
            missing()


def two_apaches(first: str, second: str) -> Config:
    """Return a configuration in which two Apaches have a worker each, with these lines."""
    again = SMALLEST[SMALLEST.index("[[service.apache]]") :].replace("web1", "web2")
    return parse(f"{SMALLEST}{first}\n{again}{second}\n")


@pytest.mark.parametrize(
    "lines",
    [
        ('ssh = "was1"\ntomcat = "a"', 'ssh = "was1"\ntomcat = "a"'),
        ('ssh = "was1"\nlog = "/opt/1.out"', 'ssh = "was1"\nlog = "/opt/1.out"'),
    ],
    ids=["by name", "by the log that both write"],
)
def test_workers_of_two_apaches_can_be_one_tomcat(lines: tuple[str, str]) -> None:
    config = two_apaches(*lines)
    ids = [worker.id for worker in config.workers()]
    assert [worker.id for worker in config.same_tomcat(ids[1])] == ids


def test_workers_on_different_machines_are_different_tomcats() -> None:
    config = two_apaches('ssh = "was1"\nlog = "/opt/1.out"', 'ssh = "was2"\nlog = "/opt/1.out"')
    assert all(len(config.same_tomcat(worker.id)) == 1 for worker in config.workers())


@pytest.mark.parametrize("key", ["ssh", "log", "deploy"])
def test_one_tomcat_has_one_machine_one_log_and_one_script(key: str) -> None:
    same = {"tomcat": "a", "ssh": "was1"}
    first = "\n".join(f'{name} = "{value}"' for name, value in (same | {key: "/srv/1"}).items())
    second = "\n".join(f'{name} = "{value}"' for name, value in (same | {key: "/srv/2"}).items())
    with pytest.raises(ConfigError) as raised:
        two_apaches(first, second)
    (problem,) = raised.value.problems
    assert problem == (
        f"worker 'shop/web2/worker1': {key} is '/srv/2', but 'shop/web1/worker1', the same tomcat 'a', has '/srv/1'"
    )


SERVICE = "service 'shop'"
APACHE = f"{SERVICE} › apache 'web1'"
WORKER = f"{APACHE} › worker 'worker1'"

WRONG_VALUES = [
    # (line, the line it stands after, place, expected)
    ("poll_seconds = 0", "", "poll_seconds", "a number of at least 0.2"),
    ("poll_seconds = true", "", "poll_seconds", "a number of at least 0.2"),
    ("poll_seconds = nan", "", "poll_seconds", "a number of at least 0.2"),
    ("connect_seconds = inf", "", "connect_seconds", "a number of at least 0.5"),
    ("log_lines = 0", "", "log_lines", "a whole number of at least 1 and at most 1000000"),
    ("log_keep = 99", "", "log_keep", "a whole number of at least 100 and at most 1000000"),
    ("log_keep = 1000001", "", "log_keep", "a whole number of at least 100 and at most 1000000"),
    ('mouse = "off"', "", "mouse", "true or false"),
    ("keys = 1", "", "keys", "a table of texts, written [keys],"),
    ('keys = { "fleet.drain" = 1 }', "", "keys › fleet.drain", "a text on one line"),
    ("keys.fleet.drain = []", "", "keys › fleet.drain", "a text on one line"),
    ("ssh_config = 1", "", "ssh_config", "a text on one line"),
    ('secret_arguments = "x"', "", "secret_arguments", "a list of texts"),
    ("bell = 1", "", "bell", "true or false"),
    ('notify_command = "/opt/notify.sh"', "", "notify_command", "a list of texts"),
    ('comment = "a\\u001bb"', 'name = "shop"', f"{SERVICE} › comment", "a text on one line"),
    ("environment = 1", 'name = "shop"', f"{SERVICE} › environment", "a text on one line"),
    ('operators = "ops1"', 'name = "shop"', f"{SERVICE} › operators", "a list of texts"),
    ('operators = [""]', 'name = "shop"', f"{SERVICE} › operators", "a list of texts"),
    ("min_active = 0", 'name = "shop"', f"{SERVICE} › min_active", "a whole number of at least 1"),
    ("min_active = 1.5", 'name = "shop"', f"{SERVICE} › min_active", "a whole number of at least 1"),
    ("quiet_seconds = -1", 'name = "shop"', f"{SERVICE} › quiet_seconds", "a number of at least 0"),
    ("reload_seconds = 0", 'ssh = "web1"', f"{APACHE} › reload_seconds", "a number of at least 1"),
    ('sudo = "yes"', 'ssh = "web1"', f"{APACHE} › sudo", "true or false"),
    ('status_url = "/jkstatus"', 'ssh = "web1"', f"{APACHE} › status_url", "an http:// or https:// URL"),
    ('status_url = "ftp://x/"', 'ssh = "web1"', f"{APACHE} › status_url", "an http:// or https:// URL"),
    ('status_url = "http://x:0/"', 'ssh = "web1"', f"{APACHE} › status_url", "an http:// or https:// URL"),
    ('status_url = "http://x:99999/"', 'ssh = "web1"', f"{APACHE} › status_url", "an http:// or https:// URL"),
    ('status_url = "http://a b/"', 'ssh = "web1"', f"{APACHE} › status_url", "an http:// or https:// URL"),
    ('access_log = "access.log"', 'ssh = "web1"', f"{APACHE} › access_log", "an absolute path to a file"),
    ('rules = ["/*=balancer"]', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "/*" = 1 }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "/*" = "" }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "/*" = "a # b" }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "/*" = "a\\nb" }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "*.jsp" = "balancer" }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ('rules = { "/a=b" = "balancer" }', 'ssh = "web1"', f"{APACHE} › rules", "a table of rules"),
    ("balancers = [1]", 'ssh = "web1"', f"{APACHE} › balancers", "a list of texts"),
    ('log = "logs/catalina.out"', 'name = "worker1"', f"{WORKER} › log", "an absolute path to a file"),
    ('log = "/opt/logs/"', 'name = "worker1"', f"{WORKER} › log", "an absolute path to a file"),
    ('log = ""', 'name = "worker1"', f"{WORKER} › log", "an absolute path to a file"),
    ('log = "/opt/a\\nb"', 'name = "worker1"', f"{WORKER} › log", "a text on one line"),
    ('deploy = "~/deploy.sh"', 'name = "worker1"', f"{WORKER} › deploy", "an absolute path to a file"),
    ('ssh = "-oProxyCommand=x"', 'name = "worker1"', f"{WORKER} › ssh", "a Host of ~/.ssh/config or user@host:port"),
    ('ssh = "a b"', 'name = "worker1"', f"{WORKER} › ssh", "a Host of ~/.ssh/config or user@host:port"),
    ('ssh = ""', 'name = "worker1"', f"{WORKER} › ssh", "a Host of ~/.ssh/config or user@host:port"),
    ('check_url = "node1"', 'name = "worker1"', f"{WORKER} › check_url", "an http:// or https:// URL"),
    ("check_text = []", 'name = "worker1"', f"{WORKER} › check_text", "a text on one line"),
    ("version_command = 1", 'name = "worker1"', f"{WORKER} › version_command", "a text on one line"),
    ('version_pattern = "("', 'name = "worker1"', f"{WORKER} › version_pattern", "a regular expression"),
    ('drained = "balancer_ex1"', 'name = "worker1"', f"{WORKER} › drained", "a table of rules"),
]


@pytest.mark.parametrize(("line", "after", "place", "expected"), WRONG_VALUES, ids=[line for line, *_ in WRONG_VALUES])
def test_a_wrong_value_is_named_with_its_place_and_what_was_expected(
    line: str, after: str, place: str, expected: str
) -> None:
    text = with_line(line, after) if after else line + "\n" + SMALLEST
    (problem,) = problems(text)
    assert problem.startswith(f"{place}: {expected}")
    assert re.search(r"is expected, not \S", problem)
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('ssh = "web1"', f"{APACHE} › ssh: is missing; a Host of ~/.ssh/config or user@host:port is expected"),
        ('map = "/srv/map"', f"{APACHE} › map: is missing; an absolute path on the server is expected"),
        (
            'workers_file = "/srv/workers"',
            f"{APACHE} › workers_file: is missing; an absolute path on the server is expected",
        ),
        (
            '[[service.apache.worker]]\nname = "worker1"',
            f"{APACHE} › worker: is missing; at least one [[…worker]] is expected",
        ),
        ('name = "shop"', "service number 1 › name: letters, digits and . _ : - are expected"),
    ],
)
def test_a_missing_key_is_named(line: str, problem: str) -> None:
    assert problems(without_line(line)) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "service: at least one [[service]] is expected"),
        ("service = 1", "service: a list of tables, written [[…service]], is expected, not 1"),
        ('[[service]]\nname = "a"', "service 'a' › apache: is missing; at least one [[…apache]] is expected"),
        (
            '[[service]]\nname = "a"\napache = []',
            "service 'a' › apache: is empty; at least one [[…apache]] is expected",
        ),
    ],
)
def test_a_file_without_servers_is_refused(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize("name", ["a/b", "a b", "*", "", "a\\u001b[2J", "ä"])
def test_names_that_targets_could_not_spell_are_refused(name: str) -> None:
    for known in ("shop", "worker1"):
        (problem,) = problems(SMALLEST.replace(f'"{known}"', f'"{name}"'))
        assert problem.endswith("› name: letters, digits and . _ : - are expected")
        assert problem.isprintable()


def test_names_must_differ() -> None:
    twice = SMALLEST + '[[service.apache.worker]]\nname = "worker1"\n'
    assert problems(twice) == [f"{WORKER} › name: is used twice; names must differ"]


@pytest.mark.parametrize(
    ("line", "after", "problem"),
    [
        ("reload_second = 5", 'ssh = "web1"', f"{APACHE} › reload_second: unknown key; did you mean 'reload_seconds'?"),
        ('depoly = "/x"', 'name = "worker1"', f"{WORKER} › depoly: unknown key; did you mean 'deploy'?"),
        ("zzz = 1", 'name = "shop"', f"{SERVICE} › zzz: unknown key; known are name, "),
        ('"a\\u001b[2J" = 1', 'name = "shop"', f"{SERVICE} › a: unknown key; known are name, "),
    ],
)
def test_an_unknown_key_is_named_with_what_may_be_meant(line: str, after: str, problem: str) -> None:
    (found,) = problems(with_line(line, after))
    assert found.startswith(problem)


def test_all_problems_are_named_at_once() -> None:
    text = SMALLEST.replace('"/srv/map"', '"map"').replace('name = "worker1"', 'name = "worker1"\nlog = 1\nx = 2')
    assert [problem.split(":")[0] for problem in problems("poll_seconds = -1\n" + text)] == [
        "poll_seconds",
        f"{APACHE} › map",
        f"{WORKER} › log",
        f"{WORKER} › x",
    ]


def test_broken_toml_is_refused_with_its_line() -> None:
    (problem,) = problems("poll_seconds = 1\n[[service\n")
    assert problem.startswith("not valid TOML: ")
    assert "line 2" in problem


def test_an_ssh_config_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "servers.toml"
    path.write_text('ssh_config = "ssh/config"\n' + SMALLEST)
    assert load(path).ssh_config == str(tmp_path / "ssh" / "config")


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"# caf\xe9\n")
    for path, reason in (
        (latin, "not UTF-8 text (byte 5)"),
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "none.toml", "cannot be read: No such file or directory"),
    ):
        with pytest.raises(ConfigError) as raised:
            load(path)
        assert str(raised.value) == f"{path}: {reason}"


def test_the_file_is_found_in_the_order_that_help_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, named, user = (tmp_path / name / "servers.toml" for name in ("given", "named", "config/isdeploy"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "ISDEPLOY_CONFIG": str(named)}
    for path in (given, named, user):
        path.parent.mkdir(parents=True)
        path.touch()
    (here / "servers.toml").touch()
    assert find(str(given), environ) == given
    assert find(None, environ) == named
    del environ["ISDEPLOY_CONFIG"]
    assert find(None, environ) == Path("servers.toml")
    (here / "servers.toml").unlink()
    assert find(None, environ) == user
    del environ["XDG_CONFIG_HOME"]
    user.parent.parent.rename(tmp_path / ".config")
    assert find(None, environ) == tmp_path / ".config" / "isdeploy" / "servers.toml"


def test_a_named_file_that_is_not_there_is_an_error_and_not_skipped(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    for given, environ, how in ((missing, {}, "--config"), (None, {"ISDEPLOY_CONFIG": missing}, "$ISDEPLOY_CONFIG")):
        with pytest.raises(ConfigError, match=re.escape(f"{missing}: no such file (named by {how})")):
            find(given, environ)


@pytest.mark.skipif(Path("/etc/isdeploy/servers.toml").exists(), reason="this machine has a configuration of its own")
def test_where_there_is_none_the_places_and_the_demo_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as raised:
        find(None, {"HOME": str(tmp_path)})
    for expected in ("looked for servers.toml", f"{tmp_path}/.config/isdeploy/servers.toml", "isdeploy-tui demo"):
        assert expected in str(raised.value)
