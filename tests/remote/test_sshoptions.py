"""What OpenSSH makes of a configuration is what we connect with."""

import asyncio
import socket
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.sshnames import BadNameError, SshName, split_name
from isdeploy_tui.remote.sshoptions import HostOptions, SshConfig
from tests.remote.real_sshd import require_sshd


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("web1", SshName("web1")),
        ("ops@web1", SshName("web1", "ops")),
        ("ops@web1:2222", SshName("web1", "ops", 2222)),
        ("web1.example.com:22", SshName("web1.example.com", None, 22)),
        ("::1", SshName("::1")),
        ("ops@[::1]:22", SshName("::1", "ops", 22)),
        ("[fe80::1%eth0]", SshName("fe80::1%eth0")),
        ("first.last@corp@web1", SshName("web1", "first.last@corp")),
        ("ssh://ops@web1:2222", SshName("web1", "ops", 2222)),
        ("ssh://web1/", SshName("web1")),
        ("büro", SshName("büro")),
    ],
)
def test_names_are_taken_apart(name: str, parts: SshName) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    "name",
    ["", "-web", "-oProxyCommand=x", "ops@-web", "-l@web", "@web", "web:", "web:0", "web:65536", "web:-1", "web:٣",
     "a b", "a\nb", "$(id)", "`id`", "a|b", "a;b", "a&b", "a'b", 'a"b', "a\\b", "[::1", "::1]", "[]", "[::1]x"],
)  # fmt: skip
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadNameError):
        split_name(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for our own expansions; ssh itself takes it from the account."""
    require_sshd()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    return tmp_path


async def options(home: Path, text: str, name: str = "web1") -> HostOptions:
    config = home / "config"
    config.write_text(text)
    return await SshConfig(str(config)).options(name)


async def test_the_whole_language_of_the_configuration_is_understood(home: Path) -> None:
    found = await options(
        home,
        """
        Host web*   # a comment
          HostName %h.example.com # and one after a value
          User ops
          Port 2222
          ConnectTimeout 1m
          ServerAliveInterval 3s
          IdentityFile ~/.ssh/id_%r_%p
          IdentityFile "%d/my keys/%n"
          IdentitiesOnly yes
          CertificateFile ${HOME}/cert.pub
          UserKnownHostsFile /a/known_hosts "/b/with space/known_hosts"
          GlobalKnownHostsFile none
          StrictHostKeyChecking accept-new
          HashKnownHosts yes
          BatchMode yes
          AddressFamily inet6
          PreferredAuthentications password,publickey
          ProxyJump outer,ops@inner:2200
        Match host *.example.com exec "test %p = 2222"
          HostKeyAlias the-cluster
        """,
    )
    assert (found.hostname, found.port, found.user) == ("web1.example.com", 2222, "ops")
    assert (found.connect_seconds, found.alive_seconds) == (60, 3)
    assert found.identity_files == (home / ".ssh/id_ops_2222", home / "my keys/web1")
    assert found.identities_only
    assert found.certificate_files == (home / "cert.pub",)
    assert found.user_known_hosts == (Path("/a/known_hosts"), Path("/b/with space/known_hosts"))
    assert found.global_known_hosts == ()
    assert found.store_unknown
    assert found.hash_known_hosts
    assert not found.may_ask
    assert found.family == socket.AF_INET6
    assert found.methods == ("password", "publickey")
    assert found.jumps == ("outer", "ops@inner:2200")
    assert found.alias == found.lookup == "the-cluster"


async def test_defaults_are_sshs_own(home: Path) -> None:
    found = await options(home, "")
    assert (found.hostname, found.port, found.lookup) == ("web1", 22, "web1")
    assert found.agent == "/run/agent"
    assert home / ".ssh/id_ed25519" in found.identity_files
    assert not found.store_unknown
    assert found.may_ask
    assert found.methods == ("publickey", "keyboard-interactive", "password")
    assert (found.jumps, found.proxy_command, found.algorithms) == ((), "", {})
    assert (found.connect_seconds, found.alive_seconds) == (None, None)


async def test_what_the_name_says_goes_before_the_configuration(home: Path) -> None:
    text = "Host web1\n  User ops\n  Port 2222\n  HostName 192.0.2.1\n"
    found = await options(home, text, "root@web1:22")
    assert (found.hostname, found.user, found.port, found.lookup) == ("192.0.2.1", "root", 22, "192.0.2.1")
    found = await options(home, text, "WEB1")
    assert found.port == 22
    found = await options(home, text, "web1")
    assert found.lookup == "[192.0.2.1]:2222"


@pytest.mark.parametrize(
    ("line", "stored"),
    [
        ("yes", False),
        ("ask", False),
        ("accept-new", True),
        ("no", True),
        ("off", True),
    ],
)
async def test_host_key_checking_is_mapped(home: Path, line: str, stored: bool) -> None:
    assert (await options(home, f"StrictHostKeyChecking {line}\n")).store_unknown is stored


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        ("none", ""),
        ("SSH_AUTH_SOCK", "/run/agent"),
        ("$OTHER_AGENT", "/run/other"),
        ("${OTHER_AGENT}", "/run/other"),
        ("/run/%r/agent", "/run/ops/agent"),
    ],
)
async def test_the_agent_is_found(home: Path, monkeypatch: pytest.MonkeyPatch, line: str, agent: str) -> None:
    monkeypatch.setenv("OTHER_AGENT", "/run/other")
    assert (await options(home, f"User ops\nIdentityAgent {line}\n")).agent == agent


async def test_a_proxy_command_gets_its_tokens_and_only_those(home: Path) -> None:
    text = (
        "Host web1\n  User ops\n  Port 2222\n  HostName 192.0.2.1\n  ProxyCommand nc -x p %h %p %r %n 100%% $HOME ~\n"
    )
    assert (await options(home, text)).proxy_command == "nc -x p 192.0.2.1 2222 ops web1 100% $HOME ~"
    assert (await options(home, f"ProxyJump b\n{text}")).proxy_command == ""


async def test_algorithms_are_taken_over_only_where_they_were_changed(home: Path) -> None:
    found = await options(home, "KexAlgorithms +diffie-hellman-group14-sha1\nCiphers aes256-ctr\n")
    assert set(found.algorithms) == {"kexalgorithms", "ciphers"}
    assert found.algorithms["ciphers"] == "aes256-ctr"
    assert found.algorithms["kexalgorithms"].endswith(",diffie-hellman-group14-sha1")


async def test_many_names_are_asked_for_together(home: Path) -> None:
    (home / "config").write_text("Host *\n  HostName %h.example.com\n")
    config = SshConfig(str(home / "config"))
    found = await asyncio.gather(*(config.options(f"web{number}") for number in range(30)))
    assert [each.hostname for each in found] == [f"web{number}.example.com" for number in range(30)]


async def test_without_an_ssh_program_the_defaults_stand(home: Path) -> None:
    found = await SshConfig(None, str(home / "no-ssh")).options("ops@web1:2222")
    assert (found.hostname, found.user, found.port, found.lookup) == ("web1", "ops", 2222, "[web1]:2222")
    assert found.user_known_hosts == (home / ".ssh/known_hosts",)
    assert home / ".ssh/id_ed25519" in found.identity_files
    assert not found.store_unknown


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("#!/bin/sh\necho 'ssh: it is broken' >&2; exit 255", "it is broken"),
        ("#!/bin/sh\nprintf '\\033]52;c;x\\007bad \\033[2Jline\\n' >&2; exit 255", "bad line"),
        ("#!/bin/sh\nexit 3", "exit status 3"),
        ("#!/bin/sh\necho user x", "not understood"),
        ("#!/bin/sh\necho hostname x; echo user x; echo port many", "not understood"),
    ],
)
async def test_what_ssh_says_instead_of_an_answer_is_told(home: Path, program: str, words: str) -> None:
    ssh = home / "ssh"
    ssh.write_text(program)
    ssh.chmod(0o755)
    with pytest.raises(ConnectError, match=words) as caught:
        await SshConfig(None, str(ssh)).options("web1")
    assert caught.value.kind == "options"
