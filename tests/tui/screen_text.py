"""What stands on the screen, as text."""

from typing import Any

from textual.app import App
from textual.widget import Widget


def screen_text(app: App[Any]) -> str:
    """Return all rows of the screen, without the spaces at their ends."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def widget_text(widget: Widget) -> str:
    """Return the rows of one widget, without its scroll bars."""
    strips = widget.app.screen._compositor.render_strips()
    region = widget.scrollable_content_region
    return "\n".join(strip.crop(region.x, region.right).text.rstrip() for strip in strips[region.y : region.bottom])
