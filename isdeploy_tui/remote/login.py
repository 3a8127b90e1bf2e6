"""One login as asyncssh sees it: decides on the host key, offers keys, passes the server's questions on."""

import contextlib
from collections.abc import Sequence

import asyncssh

from isdeploy_tui.remote.asking import Clock, Questions
from isdeploy_tui.remote.hostkeys import HostKeyCheck
from isdeploy_tui.remote.identities import Identities, Offered
from isdeploy_tui.remote.sshoptions import HostOptions

MOST_PROMPTS = 10
"""Questions of one round that a person is bothered with."""


class Login(asyncssh.SSHClient):
    """One attempt. A password or a code is asked for once and used once: retries could lock an account."""

    def __init__(
        self, options: HostOptions, check: HostKeyCheck, identities: Identities, questions: Questions, clock: Clock
    ) -> None:
        self.options = options
        self.check = check
        self.offered = Offered()
        self.lost: Exception | None = None
        self._questions = questions
        self._clock = clock
        self._keys = identities.offers(options, self.offered, clock)
        self._challenged = False
        self._gave_up = False

    async def aclose(self) -> None:
        """Offer no more keys, and let go of the agent."""
        with contextlib.suppress(RuntimeError):  # a connect that was given up may still be looking for a key
            await self._keys.aclose()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep why, for the sentence."""
        self.lost = exc

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Decide on a key that is not in known_hosts."""
        return self.check.accepts(key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse a certificate of an authority that is not in known_hosts."""
        self.check.offered = key
        self.check.verdict = "unknown"
        return False

    async def public_key_auth_requested(self) -> list[asyncssh.SSHKeyPair] | None:
        """Offer the next key."""
        async for pair in self._keys:
            return [pair]
        return None

    async def password_auth_requested(self) -> str | None:
        """Ask for the password, once."""
        if "password" in self.offered.keys or self._gave_up or not self._can_ask("a password"):
            return None
        answer = await self._put("Password", ((f"Password of {self.options.user}:", False),))
        if answer is None:
            return None
        self.offered.keys.append("password")
        return answer[0]

    def kbdint_auth_requested(self) -> str | None:
        """Let the server ask its questions, once."""
        if self._challenged or self._gave_up or not self._can_ask("answers"):
            return None
        self._challenged = True
        return ""

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        """Pass the questions of one round on; a server's last round is often empty."""
        if not prompts:
            return []
        if "its questions" not in self.offered.keys:
            self.offered.keys.append("its questions")
        if len(prompts) > MOST_PROMPTS:
            self._gave_up = True
            self.offered.notes.append(f"it had {len(prompts)} questions at once")
            return None
        title = " ".join(text for text in (name.strip(), instructions.strip()) if text)
        return await self._put(title, prompts, from_server=True)

    def _can_ask(self, what: str) -> bool:
        if self._questions.possible and self.options.may_ask:
            return True
        self.offered.notes.append(f"it would take {what}, and nobody can be asked here")
        return False

    async def _put(
        self, title: str, prompts: Sequence[tuple[str, bool]], *, from_server: bool = False
    ) -> tuple[str, ...] | None:
        self.offered.asked = True
        answer = await self._questions.put(self.options.name, title, prompts, self._clock, from_server=from_server)
        if answer is None or len(answer) != len(prompts):
            self._gave_up = True
            self.offered.notes.append("the question was not answered")
            return None
        return answer
