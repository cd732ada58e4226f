"""What all HTML pages share: templates that escape whatever they are given, and what stands inside the page."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from rehead.coco.faults import printable
from rehead.reporting.figures import render_svg
from rehead.reporting.wording import THIN_SPACE, decimal, number, percent, plain, short_hash, shortened

TEMPLATES = Path(__file__).parent / "templates"
_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp", ".jpg": "image/jpeg"}


@dataclass(frozen=True)
class Drawing:
    """A figure as data URIs: wide, and narrow for a phone."""

    wide: str
    narrow: str


def render(
    template: str, context: dict[str, Any], *, styles: Sequence[str] = ("report.css",), scripts: Sequence[str] = ()
) -> str:
    """Fill a template; it also sees `css`, the style sheets, `scripts`, and `policy`, which lets these alone run.

    `styles` are names of files beside the templates, `scripts` are programs. The policy allows a script by its hash and
    no `eval`, no address, no picture but one inside the page: what a dataset brings along cannot run (CSP level 3).
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "decimal": decimal,
        "number": number,
        "percent": percent,
        "plain": plain,
        "short_hash": short_hash,
        "shortened": shortened,
        "webp": _webp,
    }
    environment.filters |= filters
    shared = {
        "css": Markup("\n".join(map(beside, styles))),  # our own files
        "scripts": [Markup(script) for script in scripts],
        "policy": _policy(scripts),
    }
    return environment.get_template(template).render(context | shared)


def beside(name: str) -> str:
    """Read one of our own files beside the templates."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def drawing(wide: Figure, narrow: Figure) -> Drawing:
    """Turn the two forms of a figure into data URIs."""
    return Drawing(*(embed(render_svg(figure), "image/svg+xml") for figure in (wide, narrow)))


def embed(data: bytes, media_type: str) -> str:
    """Return bytes as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def embed_file(path: Path) -> str:
    """Return a picture file as a data URI; raises ValueError for anything but PNG, SVG, WebP or JPEG."""
    if path.suffix.lower() not in _TYPES:
        raise ValueError(f"figure {path}: {path.suffix!r} cannot be embedded; write it as one of {', '.join(_TYPES)}")
    return embed(path.read_bytes(), _TYPES[path.suffix.lower()])


def _policy(scripts: Sequence[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"


def _seen(value: Any) -> Any:
    """Escape invisible characters, which could turn the text around them: names come from others' files."""
    if isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable():
        return THIN_SPACE.join(map(printable, value.split(THIN_SPACE)))
    return value


def _webp(data: bytes) -> str:
    return embed(data, "image/webp")
