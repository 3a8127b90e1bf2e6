"""On the main screen: what changes servers, what one looks at, what is chosen to act on."""

from functools import partial

from isdeploy_tui.tui.actions.action import Action

_change = partial(Action, group="Change", scope="main", changes=True)
_look = partial(Action, group="Look", scope="main")
_choose = partial(Action, group="Choose", scope="main")

FLEET: tuple[Action, ...] = (
    _change(
        "fleet.drain", "d", "drain", "Take the selected workers out of rotation; shows the exact change first", rank=1
    ),
    _change("fleet.deploy", "p", "deploy", "Run the deploy script of the selected, drained worker", rank=2),
    _change(
        "fleet.restore",
        "r",
        "restore",
        "Put the selected workers back into rotation; shows the exact change first",
        rank=3,
    ),
    _change(
        "fleet.roll",
        "R",
        "roll",
        "Drain, deploy, check and restore the selected Tomcats one after the other; shows the whole plan first",
        rank=4,
    ),
    _look("fleet.show_log", "l", "log", "Show the selected worker's log and go to it", rank=4),
    _look(
        "fleet.show_logs",
        "L",
        "logs",
        "Show the logs of the marked workers, or of all under a node, side by side",
        rank=7,
    ),
    _look("fleet.show_output", "o", "output", "Show the output of the latest deploy script", rank=9),
    _look(
        "fleet.show_operations",
        "a",
        "activity",
        "Show all operations: plan, steps with their evidence, output and log",
        rank=8,
    ),
    Action(
        "fleet.pick_up",
        "u",
        "pick up",
        "Where something was left in the middle: follow its script, go on, put the worker back",
        group="Change",
        scope="main",
        rank=12,
    ),
    _look("fleet.show_history", "H", "history", "Show who did what, from the servers' journals", rank=13),
    _look("fleet.info", "i", "info", "Show everything known about the selected node", rank=10),
    _look("fleet.zoom", "f", "full", "Give the whole screen to the tree or the log, and back", rank=11),
    _look(
        "fleet.refresh_now", "ctrl+r", "refresh", "Read the servers now; those that were left out at login ask again"
    ),
    _choose("fleet.filter", "slash", "filter", "Show only the workers that match what you type", rank=5),
    _choose("fleet.problems", "ctrl+z", "problems", "Show only the workers that are not active and up"),
    Action(
        "fleet.mark",
        "space",
        "mark",
        "Mark a worker, or all under a node, to act on several at once",
        group="Choose",
        scope="tree",
        rank=6,
        palette=False,
    ),
    Action(
        "fleet.mark_range",
        "ctrl+@,ctrl+space",
        "mark range",
        "Mark all workers from the last one marked to here",
        group="Choose",
        scope="tree",
        palette=False,
        display="^space",
    ),
    _choose("fleet.sort", "O", "order", "Put what is not active and up first, or keep the configuration's order"),
    _choose("fleet.unmark", "ctrl+backslash", "unmark", "Take all marks away"),
    _choose("fleet.switch", "tab", "switch", "Go from the tree to the log, the output and back", palette=False),
    _choose(
        "fleet.back",
        "escape",
        "back",
        "One step back: full screen, log, filter, marks, then finished operations",
        palette=False,
    ),
)
