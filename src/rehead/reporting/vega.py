"""Vega, Vega-Lite and vega-embed as one script out of the installed package, and charts drawn without a browser.

Vega runs in a process of its own: it leaves 130 MB and four threads behind, and what comes after a report may have to
fork. Making the script takes 2.7 s of a processor, so it is kept in the user's cache.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rehead.files import write_atomically

VEGA_LITE = "6.4"
"""The release that was made for the Vega in the package; it reads DVC's version 5 as well."""
_BUNDLE = (
    "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(vl_version=sys.argv[1]).encode())"
)
_DRAW = """
import json, sys, vl_convert
specs = json.load(sys.stdin).items()
json.dump({name: vl_convert.vegalite_to_svg(spec, vl_version=sys.argv[1]) for name, spec in specs}, sys.stdout)
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DVC plots</title>
<link rel="icon" href="data:,">
<style>body { font-family: system-ui, sans-serif; margin: 24px; } img { max-width: 44vw; }</style>
<script>@script@</script>
{refresh_tag}
</head>
<body>
<h1>DVC plots</h1>
{plot_divs}
</body>
</html>
"""


@lru_cache(maxsize=1)
def vega_script() -> str:
    """Return the script that defines `vegaEmbed`, `vega` and `vegaLite` (0.9 MB), which loads nothing itself."""
    kept = _cache_file()
    if kept is not None and kept.is_file():
        return kept.read_text(encoding="utf-8")
    script = _by_vega(_BUNDLE)
    if kept is not None:
        with suppress(OSError):  # a home that cannot be written to costs three seconds each time, and no more
            write_atomically(kept, script)
    return script


def draw_svgs(specs: Mapping[str, Mapping[str, Any]], *, width: int = 420) -> dict[str, str]:
    """Draw Vega-Lite charts by name as SVG texts `width` pixels wide, without what only a mouse would show."""
    still = {
        name: {**spec, "width": width, "layer": [layer for layer in spec["layer"] if "params" not in layer]}
        for name, spec in specs.items()
    }
    drawn: dict[str, str] = json.loads(_by_vega(_DRAW, json.dumps(still))) if still else {}
    return drawn


def write_plots_template(path: Path) -> None:
    """Write a page for `dvc plots` that loads nothing, where DVC's own loads Vega from the network.

    DVC takes it with the setting `plots.html_template`, a path relative to the folder `.dvc`.
    """
    write_atomically(path, _PAGE.replace("@script@", vega_script()))


def _by_vega(program: str, told: str = "") -> str:
    command = [sys.executable, "-c", program, VEGA_LITE]
    return subprocess.run(command, input=told.encode(), stdout=subprocess.PIPE, check=True, timeout=300).stdout.decode()


def _cache_file() -> Path | None:
    with suppress(RuntimeError):  # no home at all
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return folder / "rehead" / f"vega-{VEGA_LITE}-{version('vl-convert-python')}.js"
    return None
