"""The table that keys, footer, help and palette are made from."""

import re

from isdeploy_tui.tui.actions import ACTIONS, GROUPS, actions_for, is_changing
from isdeploy_tui.tui.actions.keymap import LOOKING
from isdeploy_tui.tui.app import IsdeployApp
from isdeploy_tui.tui.screens.main import MainScreen
from isdeploy_tui.tui.screens.operations import OperationsScreen
from isdeploy_tui.tui.screens.settings import SettingsScreen
from isdeploy_tui.tui.widgets.fleet_tree import FleetTree
from isdeploy_tui.tui.widgets.log_pane import LogPane


def test_ids_are_unique() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


def test_no_key_means_two_things_in_one_place() -> None:
    for scope in ("app", "main", "tree", "log", "operations", "settings"):
        keys = [key for action in actions_for(scope) for key in action.key_list]
        assert len(keys) == len(set(keys)), scope


def test_nothing_that_changes_servers_is_on_a_key_for_looking() -> None:
    changing = {key for action in ACTIONS if action.changes for key in action.keys.split(",")}
    assert not changing & LOOKING


def test_every_action_can_be_run_where_its_key_works() -> None:
    places = {
        "app": IsdeployApp,
        "main": MainScreen,
        "tree": FleetTree,
        "log": LogPane,
        "operations": OperationsScreen,
        "settings": SettingsScreen,
    }
    for action in ACTIONS:
        assert callable(getattr(places[action.scope], f"action_{action.name}", None)), action.id


def test_every_action_is_explained_and_has_a_heading() -> None:
    for action in ACTIONS:
        assert action.group in GROUPS
        assert re.match(r"[A-Z].{3,}[^.]$", action.help), action.id


def test_what_changes_servers_is_known_by_its_action() -> None:
    assert {name for name in ("drain", "deploy", "restore", "stop") if is_changing(name)} == {
        "drain",
        "deploy",
        "restore",
        "stop",
    }
    assert not is_changing("show_log")
