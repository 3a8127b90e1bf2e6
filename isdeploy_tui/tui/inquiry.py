"""The questions of one running operation: put in a dialog, or where its story is told, and never lost."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App

from isdeploy_tui.engine.control import Question
from isdeploy_tui.tui.asking import answer_of
from isdeploy_tui.tui.screens.choose import Choose


class Inquiry:
    """Asks one question after the other. ``question`` is the one that waits for its answer.

    ``is_told`` says whether the person sees the operation's story now: there the question is answered, and no dialog
    covers what it is about. A dialog can be put away; the question goes on waiting. ``changed`` is called when there is
    another question, or none.
    """

    def __init__(self, app: App[Any], is_told: Callable[[], bool], changed: Callable[[], None]) -> None:
        self.question: Question | None = None
        self._app = app
        self._is_told = is_told
        self._changed = changed
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[str] | None = None

    async def ask(self, question: Question) -> str:
        """Return the key of the choice; ``engine.control.Ask``."""
        async with self._turn:
            self.question = question
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._answer = answer
            self._changed()
            dialog: asyncio.Task[None] | None = None
            if self._is_told():
                self._app.bell()
            else:
                dialog = asyncio.create_task(self._in_dialog(question))
            try:
                return await answer
            finally:
                self.question = self._answer = None
                if dialog is not None:
                    dialog.cancel()
                    await asyncio.gather(dialog, return_exceptions=True)
                self._changed()

    def answer(self, number: int) -> None:
        """Take the choice of that number, from 1 on, for the answer."""
        choices = self.question.choices if self.question is not None else ()
        if self._answer is not None and not self._answer.done() and 1 <= number <= len(choices):
            self._answer.set_result(choices[number - 1].key)

    async def _in_dialog(self, question: Question) -> None:
        key = await answer_of(self._app, Choose(question, may_leave=True))
        if key is not None:
            self.answer([choice.key for choice in question.choices].index(key) + 1)
