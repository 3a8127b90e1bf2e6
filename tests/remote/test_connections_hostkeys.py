"""Host keys over a real sshd: strict, and clear about what is wrong."""

import stat
import subprocess
from pathlib import Path

import asyncssh
import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.lab.programs import program
from tests.remote.conftest import MakeHosts
from tests.remote.real_sshd import Servers


async def refused(hosts: SshHosts, name: str = "web1") -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


def keygen(*arguments: str | Path) -> None:
    """Run ssh-keygen, which has to succeed."""
    subprocess.run([program("ssh-keygen"), *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def fingerprint(path: Path) -> str:
    return asyncssh.read_public_key(path.with_suffix(".pub")).get_fingerprint()


async def test_an_unknown_host_key_shows_its_fingerprint_and_how_to_accept_it(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    server = servers.start("web1", trusted=False)
    error = await refused(make_hosts(servers.config))
    assert error.kind == "hostkey-unknown"
    assert fingerprint(server.keys.host) in error.sentence
    assert f"ssh -F {servers.config} web1" in error.remedy


async def test_a_changed_host_key_is_never_accepted(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    other = servers.more_keys("other")
    known = servers.directory / "known"
    known.write_text(other.known_host(server.port))
    for policy in ("yes", "ask", "accept-new", "no"):
        servers.alias(policy, server, f"StrictHostKeyChecking {policy}", f"UserKnownHostsFile {known}")
        error = await refused(make_hosts(servers.config), policy)
        assert error.kind == "hostkey-changed"
        assert fingerprint(server.keys.host) in error.sentence
        assert "HAS CHANGED" in error.sentence
        assert f"ssh-keygen -R [127.0.0.1]:{server.port} -f {known}" in error.remedy
    assert known.read_text() == other.known_host(server.port)


async def test_a_changed_key_of_another_type_is_a_changed_key(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    ecdsa = servers.directory / "ecdsa"
    keygen("-q", "-t", "ecdsa", "-N", "", "-f", ecdsa)
    kind, key, *_ = ecdsa.with_suffix(".pub").read_text().split()
    (servers.directory / "web1" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")
    assert (await refused(make_hosts(servers.config))).kind == "hostkey-changed"


async def test_a_revoked_host_key_is_refused(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    known = servers.directory / "web1" / "known_hosts"
    known.write_text(f"{known.read_text()}@revoked * {server.keys.host.with_suffix('.pub').read_text()}")
    error = await refused(make_hosts(servers.config))
    assert error.kind == "hostkey-changed"
    assert "revoked" in error.sentence


async def test_revoked_host_keys_of_the_configuration_are_refused(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    servers.alias("revoked", server, f"RevokedHostKeys {server.keys.host}.pub")
    assert "revoked" in (await refused(make_hosts(servers.config), "revoked")).sentence


async def test_revoked_host_keys_that_cannot_be_read_are_told(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    binary = servers.directory / "krl"
    keygen("-q", "-k", "-f", binary, f"{server.keys.host}.pub")
    for name, path in (("missing", servers.directory / "nowhere"), ("binary", binary)):
        servers.alias(name, server, f"RevokedHostKeys {path}")
        error = await refused(make_hosts(servers.config), name)
        assert error.kind == "options"
        assert str(path) in error.sentence


async def test_accept_new_learns_a_host_once(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    known = servers.directory / "deep" / "known_hosts"
    servers.alias("new", server, "StrictHostKeyChecking accept-new", f"UserKnownHostsFile {known}")
    for _ in range(2):
        await make_hosts(servers.config).host("new").run("hello.sh", "x")
    assert known.read_text() == servers.keys.known_host(server.port)
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    keygen("-F", f"[127.0.0.1]:{server.port}", "-f", known)


async def test_accept_new_hashes_names_where_the_configuration_says_so(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    known = servers.directory / "known"
    lines = ("StrictHostKeyChecking accept-new", f"UserKnownHostsFile {known}", "HashKnownHosts yes")
    servers.alias("new", server, *lines)
    await make_hosts(servers.config).host("new").run("hello.sh", "x")
    assert "127.0.0.1" not in known.read_text()
    assert (await make_hosts(servers.config).host("new").run("hello.sh", "x")).status == 0
    keygen("-F", f"[127.0.0.1]:{server.port}", "-f", known)


async def test_checking_switched_off_without_a_file_learns_nothing(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    servers.alias("lax", server, "StrictHostKeyChecking no", "UserKnownHostsFile /dev/null")
    assert (await make_hosts(servers.config).host("lax").run("hello.sh", "x")).lines == (b"x",)


async def test_no_known_hosts_file_trusts_nobody(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    servers.alias("none", server, "UserKnownHostsFile none")
    assert (await refused(make_hosts(servers.config), "none")).kind == "hostkey-unknown"


async def test_a_host_key_alias_is_looked_up_in_its_place(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", trusted=False)
    known = servers.directory / "known"
    known.write_text(f"garbage\nthe-cluster {server.keys.host.with_suffix('.pub').read_text()}")
    servers.alias("aliased", server, "HostKeyAlias the-cluster", f"UserKnownHostsFile {known} /nowhere/known_hosts")
    assert (await make_hosts(servers.config).host("aliased").run("hello.sh", "x")).status == 0


async def test_a_host_certificate_of_a_known_authority_is_trusted(servers: Servers, make_hosts: MakeHosts) -> None:
    authority = servers.more_keys("authority").user
    keygen("-q", "-s", authority, "-I", "web1", "-h", "-n", "127.0.0.1", servers.keys.host)
    server = servers.start("web1", f"HostCertificate {servers.keys.host}-cert.pub", trusted=False)
    known = servers.directory / "web1" / "known_hosts"
    known.write_text(f"@cert-authority [127.0.0.1]:{server.port} {authority.with_suffix('.pub').read_text()}")
    assert (await make_hosts(servers.config).host("web1").run("hello.sh", "x")).status == 0
    known.write_text(f"@cert-authority * {servers.keys.user.with_suffix('.pub').read_text()}")
    assert (await refused(make_hosts(servers.config))).kind == "hostkey-unknown"
