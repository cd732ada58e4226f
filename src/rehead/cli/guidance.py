"""The guides that come with the package: Markdown to read on the terminal, to save, or to hand to somebody."""

import difflib
from importlib.resources import files
from importlib.resources.abc import Traversable

_ENDING = ".md"


def guides() -> dict[str, str]:
    """Map each guide's name to its title."""
    return {name: read_guide(name).partition("\n")[0].lstrip("# ") for name in sorted(_files())}


def read_guide(name: str) -> str:
    """Read one guide; raises ValueError that names the nearest for an unknown name."""
    known = _files()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        raise ValueError(f"no guide is called {name!a}; {hint}")
    return known[name].read_text(encoding="utf-8")


def _files() -> dict[str, Traversable]:
    found = (files("rehead.cli") / "guides").iterdir()
    return {entry.name.removesuffix(_ENDING): entry for entry in found if entry.name.endswith(_ENDING)}
