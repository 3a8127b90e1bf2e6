"""The Apaches' HTTP side: jkstatus, the virtual hosts that mount one member alone, and the balanced site itself."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress

from isdeploy_tui.demo.balancer import Answer, Apache, Request
from isdeploy_tui.demo.election import MemberStatus
from isdeploy_tui.modjk.rulevalue import ACTIVATIONS

_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error"}
_REASONS |= {502: "Bad Gateway", 503: "Service Unavailable"}


class Frontend:
    """Listens on a free loopback port for one Apache. ``checked`` maps a virtual host's name to its only member."""

    def __init__(self, apache: Apache, checked: Mapping[str, str]) -> None:
        self._apache = apache
        self._checked = checked
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=16 * 1024)

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None, "not started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def aclose(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        # Whatever a client sends or however it leaves, the world goes on.
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            fields = (line.partition(":") for line in head[1:])
            headers = {key.strip().lower(): value.strip() for key, _, value in fields}
            status, body = 405, ""
            if method in ("GET", "HEAD"):
                status, body = await self._answer(target, headers.get("host", ""))
            content = body.encode()
            writer.write(
                f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n"
                "Server: Apache/2.4 (embedded world) mod_jk\r\nContent-Type: text/plain;charset=UTF-8\r\n"
                f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(content if method == "GET" else b"")
            await writer.drain()
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, target: str, host: str) -> tuple[int, str]:
        path, _, query = target.partition("?")
        if path == "/jkstatus":
            # Without it the real one answers a page for browsers, in which there is nothing for a program to read.
            return 200, status_page(self._apache) if "mime=prop" in query else "<h1>JK Status Manager</h1>\n"
        member = self._checked.get(host.partition(":")[0])
        request = Request(path, 0.05)
        answer = await (self._apache.serve_by(member, request) if member else self._apache.serve(request))
        return answer.status, _page(self._apache, answer)


def _page(apache: Apache, answer: Answer) -> str:
    if answer.member is None:
        return f"{answer.status}\n"
    return f"worker={answer.member} version={apache.tomcats[answer.member].version} status={answer.status}\n"


def status_page(apache: Apache) -> str:
    """Return ``jkstatus?mime=prop`` as one child of this Apache sees it; asking makes that child look at the map."""
    return "\n".join(_status_lines(apache)) + "\n"


def _status_lines(apache: Apache) -> Iterator[str]:
    yield "worker.jk_version=mod_jk/1.2.48"
    yield f"worker.lb_count={len(apache.elections)}"
    rules = apache.child(forced=True).rules
    for name, election in apache.elections.items():
        own = [rule for rule in rules if rule.worker == name]
        bad = sum(seat.status is MemberStatus.ERROR for seat in election.seats)
        yield f"worker.list={name}"
        yield f"worker.{name}.type=lb"
        yield f"worker.{name}.method=Request"
        yield f"worker.{name}.member_count={len(election.seats)}"
        yield f"worker.{name}.good={len(election.seats) - bad}"
        yield f"worker.{name}.bad={bad}"
        yield f"worker.{name}.map_count={len(own)}"
        for seat in election.seats:
            worker, tally = apache.workers.workers[seat.member], apache.tallies[seat.member]
            yield f"worker.{name}.balance_workers={seat.member}"
            values = {
                "type": worker.type,
                "host": worker.host,
                "port": worker.port,
                "address": f"{worker.host}:{worker.port}",
                "activation": "ACT",
                "route": worker.route,
                "state": seat.status.value,
                "lbvalue": seat.value,
                "elected": tally.elected,
                "errors": tally.errors,
                "busy": tally.busy,
            }
            yield from (f"worker.{seat.member}.{key}={value}" for key, value in values.items())
        for number, rule in enumerate(own, 1):
            yield f"worker.{name}.map.{number}.uri={rule.pattern}"
            yield f"worker.{name}.map.{number}.source=uriworkermap"
            for activation in ACTIVATIONS:
                members = rule.value.extension(activation.value)
                yield f"worker.{name}.map.{number}.{activation.value}={members.text if members else ''}"
    yield "worker.result.type=OK"
    yield "worker.result.message=Action finished"
