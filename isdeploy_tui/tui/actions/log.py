"""In a log: the keys of less and k9s, none of which changes anything on a server."""

from functools import partial

from isdeploy_tui.tui.actions.action import Action

_log = partial(Action, group="Log", scope="log")
_move = partial(_log, palette=False)

LOG: tuple[Action, ...] = (
    _log("log.search", "slash", "search", "Search: a regular expression; capitals count once one is typed", rank=1),
    _move("log.next_hit", "n", "next", "Next line that was found, downwards"),
    _move("log.previous_hit", "N", "previous", "Next line that was found, upwards"),
    _log(
        "log.filter_lines", "ampersand", "filter", "Show only the lines that match (! before it: that do not)", rank=2
    ),
    _log("log.errors_only", "e", "errors", "Show only errors with their stack traces", rank=3),
    _log("log.toggle_follow", "s", "follow", "Follow the end of the log, or stand still", rank=5),
    _log("log.toggle_wrap", "w", "wrap", "Wrap long lines, or cut them off", rank=6),
    _move("log.open", "enter", "line", "Choose a line; once more shows it whole", rank=8),
    _move("log.select", "v", "select", "Begin to select lines, or end it", rank=7),
    _move("log.select_down", "shift+down", "select down", "Select one line more"),
    _move("log.select_up", "shift+up", "select up", "Select one line more above"),
    _move(
        "log.copy", "y,c", "copy", "Copy the selected lines, or the chosen one, to the terminal's clipboard", rank=12
    ),
    _log(
        "log.save",
        "S,ctrl+s",
        "save",
        "Save the selected lines, or all that are shown, to a file on this machine",
        rank=10,
    ),
    _log("log.previous_mark", "left_square_bracket", "last start", "Go back to the last start, deploy or mark", rank=9),
    _log("log.next_mark", "right_square_bracket", "next start", "Go on to the next one"),
    _log("log.mark_time", "m", "mark", "Put a mark with the time below the last line", rank=11),
    _log("log.clear_lines", "C", "clear", "Forget the lines; new ones go on coming"),
    _log("log.bottom", "G,end,shift+end", "end", "Go to the end and follow", rank=4, display="G end"),
    _log("log.top", "g,home,shift+home", "start", "Go to the first line that is kept", display="g home"),
    _move("log.line_down", "down,j", "down", "One line on"),
    _move("log.line_up", "up,k", "up", "One line back"),
    _move("log.screen_down", "pagedown,space,ctrl+f", "page down", "One page on", display="pgdn space"),
    _move("log.screen_up", "pageup,b,ctrl+b", "page up", "One page back", display="pgup b"),
    _move("log.half_down", "d,ctrl+d", "half down", "Half a page on"),
    _move("log.half_up", "u,ctrl+u", "half up", "Half a page back"),
    _move("log.right", "right", "right", "Half a screen to the right along long lines"),
    _move("log.left", "left", "left", "Half a screen to the left"),
    _move("log.step_back", "escape", "back", "One step back: selection, chosen line, search, filter; then to the tree"),
)
