"""A configuration as people have it, all its parts at once, on real servers; and what of it is not followed."""

import logging
from pathlib import Path

import asyncssh
import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.remote.conftest import MakeHosts
from tests.remote.person import Person
from tests.remote.real_sshd import Servers, user
from tests.remote.test_connections_login import Agent, agent, keygen, locked, with_identities

__all__ = ("agent", "locked")


async def refused(hosts: SshHosts, name: str) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


async def test_two_jumps_one_behind_the_other_each_with_its_own_kind_of_login(
    servers: Servers, make_hosts: MakeHosts, agent: Agent, locked: Path
) -> None:
    """The first takes the agent's key, the second one with a passphrase, the server itself a certificate only."""
    of_agent = servers.more_keys("of-agent").user
    agent.load(of_agent)
    first = servers.start("a", f"AuthorizedKeysFile {of_agent}.pub")
    second = servers.start("b")
    authority = servers.more_keys("authority").user
    mine = servers.more_keys("mine").user
    keygen("-s", authority, "-I", "me", "-n", user(), "-V", "-1d:+1d", mine)
    far = servers.start("c", f"TrustedUserCAKeys {authority}.pub", "AuthorizedKeysFile none")
    with_identities(servers, first, "outer", f"IdentityAgent {agent.socket}", f"IdentityFile {of_agent}")
    with_identities(servers, second, "inner", f"IdentityFile {locked}", "IdentityAgent none", "ProxyJump outer")
    with_identities(servers, far, "far-*", "IdentityAgent none")
    folder = servers.directory / "conf.d"
    folder.mkdir()
    (folder / "jumps").write_text(
        f'Match originalhost far-* exec "test %n = far-away"\n  ProxyJump inner\n  IdentityFile {mine}\n'
        f"  CertificateFile {mine}-cert.pub\n"
    )
    config = servers.directory / "config"
    config.write_text(f"Include {folder}/*\nInclude {servers.config}\n")
    of_agent.unlink()
    person = Person([("open",)])
    hosts = make_hosts(str(config), ask=person)
    assert (await hosts.host("far-away").run("hello.sh", "x")).lines == (b"x",)
    assert [len(server.connections()) for server in (first, second, far)] == [1, 1, 1]
    assert [title for _, title, _ in person.asked] == [f"Passphrase of {locked}"]
    assert (await refused(hosts, "far-off")).kind == "auth"


async def test_settings_that_are_not_followed_are_told_when_a_login_fails_and_only_then(
    servers: Servers, make_hosts: MakeHosts, caplog: pytest.LogCaptureFixture
) -> None:
    server = servers.start("web1")
    lines = ("PKCS11Provider /usr/lib/card.so", "ControlPath ~/.ssh/%C", "KnownHostsCommand /bin/none")
    servers.alias("web2", server, *lines)
    hosts = make_hosts(servers.config)
    with caplog.at_level(logging.WARNING):
        assert (await hosts.host("web2").run("hello.sh", "x")).status == 0
    assert caplog.text == ""
    with_identities(servers, server, "web3", "IdentityFile none", "IdentityAgent none", *lines)
    error = await refused(make_hosts(servers.config), "web3")
    assert error.kind == "auth"
    for name in ("PKCS11Provider", "ControlPath", "KnownHostsCommand"):
        assert str(error).count(name) == 1
    with_identities(servers, server, "web4", "IdentityFile none", "IdentityAgent none")
    assert "does not follow" not in str(await refused(make_hosts(servers.config), "web4"))


async def test_the_file_of_a_fido_key_is_named_and_the_next_key_is_tried(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    server = servers.start("web1")
    file = servers.directory / "id_ed25519_sk"
    plain = asyncssh.generate_private_key("ssh-ed25519").public_data[-32:]
    kind = asyncssh.sk_eddsa._SKEd25519Key  # no token of this machine can make one
    kind(plain, "ssh:", 1, b"handle", b"").write_private_key(file)
    file.chmod(0o600)
    with_identities(servers, server, "both", f"IdentityFile {file}", f"IdentityFile {server.keys.user}")
    assert (await make_hosts(servers.config).host("both").run("hello.sh", "x")).status == 0
    with_identities(servers, server, "alone", f"IdentityFile {file}", "IdentityAgent none")
    error = await refused(make_hosts(servers.config), "alone")
    assert f"is a FIDO key: 'ssh-add {file}' lets the agent use its token" in error.sentence
