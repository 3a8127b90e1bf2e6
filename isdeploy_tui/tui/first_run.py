"""The program where there is no configuration yet: what it is, and the ways to begin."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from isdeploy_tui.config import Config
from isdeploy_tui.config.saving import FileAsRead
from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.looking import LookingApp
from isdeploy_tui.tui.screens.help import help_page
from isdeploy_tui.tui.screens.reader import Reader
from isdeploy_tui.tui.screens.settings import SettingsScreen
from isdeploy_tui.tui.screens.welcome import Way, WelcomeScreen


class Draft(Protocol):
    """``importing.drafting.Draft``: a servers.toml to look through, and what has no counterpart in it."""

    @property
    def text(self) -> str: ...

    @property
    def notes(self) -> Sequence[str]: ...


MakeDraft = Callable[[str], Awaitable[Draft]]
"""Make a draft of what a person typed. Raises ConfigError, RemoteError."""


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The ways to a first servers.toml, which becomes ``file``: an example, and what others know already."""

    file: FileAsRead
    example: str
    from_files: MakeDraft
    from_hosts: MakeDraft | None = None


class FirstRunApp(LookingApp[Path | Way]):
    """Exits with the file that was saved, with ``Way.DEMO``, or with None.

    With ``mend`` it opens that file in the settings at once: it is wrong, and was told so before.
    """

    BINDINGS = bindings_for("app")

    def __init__(
        self, beginnings: Beginnings, *, mend: bool = False, theme: str | None = None, ascii: bool = False
    ) -> None:
        super().__init__(theme=theme, ascii=ascii)
        self._beginnings = beginnings
        self._mend = mend

    def on_mount(self) -> None:
        """Show the ways, or the file to mend."""
        if self._mend:
            self.push_screen(SettingsScreen(self._beginnings.file, self.look), self._mended)
        else:
            self.push_screen(WelcomeScreen(self._beginnings, self.look), self.exit)

    def _mended(self, config: Config | None) -> None:
        self.exit(self._beginnings.file.path if config is not None else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to set before there is a file."""
        return action != "settings"

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Reader("Keys", help_page(self.look, self.actions, read_only=False)))

    async def action_leave(self) -> None:
        """Leave; asks when something is not saved."""
        if isinstance(self.screen, SettingsScreen):
            self.screen.action_leave()
        else:
            self.exit()

    async def action_quit(self) -> None:
        """Leave; asks when something is not saved."""
        await self.action_leave()
