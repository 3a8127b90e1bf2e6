"""Servers behind jump hosts and ProxyCommands."""

import asyncio
from pathlib import Path

import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.lab.programs import program
from tests.remote.conftest import MakeHosts
from tests.remote.real_sshd import Servers


async def refused(hosts: SshHosts, name: str) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


async def test_servers_behind_a_jump_host_share_one_connection_to_it(servers: Servers, make_hosts: MakeHosts) -> None:
    bastion, web = servers.start("bastion"), servers.start("web")
    names = [f"web{number}" for number in range(10)]
    for name in names:
        servers.alias(name, web, "ProxyJump bastion")
    hosts = make_hosts(servers.config)
    replies = await asyncio.gather(*(hosts.host(name).run("hello.sh", name) for name in names))
    assert [reply.lines[0].decode() for reply in replies] == names
    assert len(bastion.connections()) == 1
    assert len(web.connections()) == 10
    assert (await hosts.host("bastion").run("hello.sh", "x")).status == 0
    assert len(bastion.connections()) == 1


async def test_a_chain_of_jump_hosts_is_followed_in_its_order(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("outer", f"PermitOpen 127.0.0.1:{(inner_port := servers.port())}")
    inner = servers.start("inner", f"ListenAddress 127.0.0.1:{inner_port}")
    web = servers.start("web")
    servers.alias("far", web, f"ProxyJump outer,127.0.0.1:{inner_port}")
    # The second jump is not named in ssh_config; its key is known under its address.
    servers.block("127.0.0.1", *[line for line in inner.alias("x").splitlines()[2:] if "Port" not in line])
    known = servers.directory / "inner" / "known_hosts"
    known.write_text(known.read_text() + servers.keys.known_host(inner_port))
    hosts = make_hosts(servers.config)
    assert (await hosts.host("far").run("hello.sh", "x")).lines == (b"x",)
    assert len(inner.connections()) == 1


async def test_a_jump_host_that_is_down_is_named(servers: Servers, make_hosts: MakeHosts) -> None:
    web = servers.start("web")
    servers.block("bastion", "HostName 127.0.0.1", f"Port {servers.port()}")
    servers.alias("web1", web, "ProxyJump bastion")
    servers.alias("web2", web, "ProxyJump bastion")
    hosts = make_hosts(servers.config)
    for name in ("web1", "web2"):
        error = await refused(hosts, name)
        assert error.host == name
        assert error.kind == "refused"
        assert error.sentence.startswith("The jump host bastion failed: ")


async def test_trying_again_now_includes_the_jump_host(servers: Servers, make_hosts: MakeHosts) -> None:
    bastion = servers.start("bastion")
    servers.alias("web1", servers.start("web"), "ProxyJump bastion")
    bastion.stop()
    hosts = make_hosts(servers.config)
    await refused(hosts, "web1")
    bastion.start()
    assert "Tried again in" in (await refused(hosts, "web1")).remedy
    hosts.host("web1").retry_now()
    assert (await hosts.host("web1").run("hello.sh", "x")).lines == (b"x",)


async def test_a_jump_host_with_an_unknown_key_is_named(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("bastion", trusted=False)
    servers.alias("web1", servers.start("web"), "ProxyJump bastion")
    error = await refused(make_hosts(servers.config), "web1")
    assert error.kind == "hostkey-unknown"
    assert "The jump host bastion failed" in error.sentence


async def test_a_server_behind_a_jump_host_is_checked_as_strictly(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("bastion")
    web = servers.start("web", trusted=False, keys=servers.more_keys("other"))
    servers.alias("web1", web, "ProxyJump bastion")
    assert (await refused(make_hosts(servers.config), "web1")).kind == "hostkey-unknown"


async def test_what_a_jump_host_cannot_reach_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("bastion")
    servers.start("closed", "AllowTcpForwarding no")
    servers.block("web1", "HostName 127.0.0.1", f"Port {servers.port()}", "ProxyJump bastion")
    servers.block("web2", "HostName 127.0.0.1", f"Port {servers.port()}", "ProxyJump closed")
    hosts = make_hosts(servers.config)
    error = await refused(hosts, "web1")
    assert error.kind == "refused"
    assert "bastion cannot connect to 127.0.0.1" in error.sentence
    assert "AllowTcpForwarding" in (await refused(hosts, "web2")).remedy


async def test_jump_hosts_that_lead_in_a_circle_are_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.block("a", "ProxyJump b")
    servers.block("b", "ProxyJump c")
    servers.block("c", "ProxyJump a")
    hosts = make_hosts(servers.config)
    async with asyncio.timeout(10):
        errors = await asyncio.gather(*(refused(hosts, name) for name in "abc"))
    assert {error.kind for error in errors} == {"options"}
    assert any("back to itself" in error.sentence for error in errors)


async def test_a_jump_host_that_comes_back_leads_on_again(servers: Servers, make_hosts: MakeHosts) -> None:
    bastion = servers.start("bastion")
    servers.alias("web1", servers.start("web"), "ProxyJump bastion")
    host = make_hosts(servers.config).host("web1")
    await host.run("hello.sh", "x")
    bastion.drop_connections()
    assert (await host.run("hello.sh", "again")).lines == (b"again",)


async def test_a_proxy_command_is_run_by_the_shell(servers: Servers, make_hosts: MakeHosts) -> None:
    web = servers.start("web")
    servers.start("bastion")
    forward = f"{program('ssh')} -F {servers.directory}/ssh_config -W %h:%p bastion 2>/dev/null | cat"
    servers.alias("web1", web, f"ProxyCommand {forward}")
    host = make_hosts(servers.config).host("web1")
    assert (await host.run("hello.sh", "x")).lines == (b"x",)


async def test_what_a_proxy_command_writes_to_stderr_stays_out_of_the_connection(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    web = servers.start("web")
    chatty = servers.directory / "chatty"
    chatty.write_text(
        "import socket, sys, threading, os\n"
        "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536):\n"
        "        os.write(2, b'chatter\\n'); s.sendall(data)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while data := s.recv(65536):\n"
        "    os.write(2, b'chatter\\n'); os.write(1, data)\n"
    )
    servers.alias("web1", web, f"ProxyCommand exec {program('python3')} {chatty} %p")
    host = make_hosts(servers.config).host("web1")
    for number in range(5):
        assert (await host.run("hello.sh", str(number))).lines == (str(number).encode(),)


async def test_a_proxy_command_that_fails_is_told_in_its_words(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.block("web1", "HostName 127.0.0.1", "ProxyCommand echo no such proxy >&2; exit 1")
    error = await refused(make_hosts(servers.config), "web1")
    assert "The ProxyCommand failed: no such proxy" in error.sentence


async def test_a_proxy_command_that_hangs_is_ended_with_the_connect_timeout(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    mark = servers.directory / "pid"
    servers.block("web1", "HostName 127.0.0.1", f"ProxyCommand sh -c 'echo $$ > {mark}; sleep 60'")
    assert (await refused(make_hosts(servers.config, 0.5), "web1")).kind == "timeout"
    async with asyncio.timeout(5):
        while (pid := mark.read_text().strip() if mark.exists() else "") and Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.05)
