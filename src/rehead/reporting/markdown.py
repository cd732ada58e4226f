"""Markdown out of templates: `cell` and `inline` disarm whatever a dataset brought along."""

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehead.reporting.page import TEMPLATES
from rehead.reporting.wording import cell, inline, plain, score_cell


def render_markdown(template: str, context: dict[str, Any]) -> str:
    """Fill a Markdown template; nothing is escaped that does not go through a filter."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": cell, "inline": inline, "plain": plain, "score": score_cell}
    return environment.get_template(template).render(context)
