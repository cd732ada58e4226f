"""What a real browser makes of a page: its complaints, what it asks for, and how wide it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

LIVE = "html[data-charts]"
"""Matches once all charts are drawn."""


@dataclass
class Visit:
    """One page, opened offline: `complaints` are lines of its console, `asked` what it fetched."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, path: Path, *, width: int = 1440, scheme: str = "light", **more: Any) -> Iterator[Visit]:
    """Open a file at a width, light or dark, without a network; nothing glides, so there is nothing to wait for."""
    screen = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, "reduced_motion": "reduce"}
    context = browser.new_context(**screen | more, offline=True)
    try:
        seen = Visit(context.new_page())
        seen.page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.goto(path.as_uri())
        yield seen
    finally:
        context.close()


def nameless(page: Page) -> list[str]:
    """List the controls and links that a screen reader could not name, by the browser's own accessibility tree."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [
        str(node)
        for node in nodes
        if not node["ignored"]
        and node.get("role", {}).get("value") in _CONTROLS
        and not node.get("name", {}).get("value", "").strip()
    ]


_CONTROLS = {"button", "checkbox", "combobox", "image", "link", "radio", "searchbox", "slider", "spinbutton", "textbox"}
