"""A person who answers the questions of a login in tests."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Person:
    """Answers questions from a list; None gives up. ``seconds`` is the time that an answer takes."""

    answers: list[tuple[str, ...] | None]
    seconds: float = 0
    asked: list[tuple[str, str, tuple[tuple[str, bool], ...]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def ask(self, host: str, title: str, prompts: tuple[tuple[str, bool], ...]) -> tuple[str, ...] | None:
        self.asked.append((host, title, prompts))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        return self.answers.pop(0)
