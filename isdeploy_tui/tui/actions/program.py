"""Beside the main screen: the operations view, the settings, and what works everywhere."""

from functools import partial

from isdeploy_tui.tui.actions.action import Action

_settings = partial(Action, group="Settings", scope="settings", palette=False)
_program = partial(Action, group="Program", scope="app")

PROGRAM: tuple[Action, ...] = (
    Action(
        "operations.stop",
        "x",
        "stop after this step",
        "In the activity (a): ask the operation to stop when its step has ended",
        group="Change",
        scope="operations",
        changes=True,
        rank=1,
        palette=False,
    ),
    Action(
        "operations.pause",
        "p",
        "pause after this Tomcat",
        "In the activity (a): let a roll wait for your word after this Tomcat, or not",
        group="Change",
        scope="operations",
        changes=True,
        rank=2,
        palette=False,
    ),
    Action(
        "operations.other_pane",
        "l",
        "log or output",
        "In the activity (a): log or output, where there is room for one only",
        group="Look",
        scope="operations",
        palette=False,
    ),
    _settings("settings.save", "ctrl+s", "save", "Write the file, if nothing is wrong in it, and go by it", rank=1),
    _settings("settings.next_problem", "ctrl+n", "next problem", "Go to the line of the next problem", rank=2),
    _settings("settings.leave", "escape", "back", "Back to the servers; asks when something is not saved", rank=3),
    _program(
        "app.settings", "comma", "settings", "Look at servers.toml and edit it; what is saved holds at once", rank=20
    ),
    _program("app.help", "question_mark,f1", "help", "This page", rank=90, display="?"),
    _program("app.leave", "q,ctrl+c,ctrl+q", "quit", "Leave; asks while operations run", rank=91, display="q"),
)
