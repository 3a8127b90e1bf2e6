"""A person who answers the questions of a login in tests."""

import asyncio
from dataclasses import dataclass, field

from isdeploy_tui.remote.asking import LoginQuestion


@dataclass
class Person:
    """Answers questions from a list; None gives up. ``seconds`` is the time that an answer takes."""

    answers: list[tuple[str, ...] | None]
    seconds: float = 0
    asked: list[tuple[str, str, tuple[tuple[str, bool], ...]]] = field(default_factory=list)
    by_servers: list[bool] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def ask(self, question: LoginQuestion) -> tuple[str, ...] | None:
        self.asked.append((question.host, question.title, question.prompts))
        self.by_servers.append(question.from_server)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        return self.answers.pop(0)
