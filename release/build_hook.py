"""Puts the manual page and the shells' completion where a system looks for them; run while a wheel is built."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SharedFiles(BuildHookInterface[Any]):
    """``share/man`` and the completion directories of bash, zsh and fish, below the prefix of the installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the page from the command line's own text: of the package only what needs no dependency is imported."""
        sys.path.insert(0, self.root)
        try:
            from isdeploy_tui.commands.manual import manual_page
        finally:
            sys.path.remove(self.root)
        page = Path(self.directory) / "isdeploy-tui.1"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(manual_page(), "ascii")
        completions = Path(self.root) / "isdeploy_tui" / "completions"
        build_data["shared_data"] |= {
            str(page): "share/man/man1/isdeploy-tui.1",
            str(completions / "isdeploy-tui.bash"): "share/bash-completion/completions/isdeploy-tui",
            str(completions / "_isdeploy-tui"): "share/zsh/site-functions/_isdeploy-tui",
            str(completions / "isdeploy-tui.fish"): "share/fish/vendor_completions.d/isdeploy-tui.fish",
        }

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing beside the wheel."""
        (Path(self.directory) / "isdeploy-tui.1").unlink(missing_ok=True)
