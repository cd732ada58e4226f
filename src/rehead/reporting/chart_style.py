"""What all charts share: a Vega-Lite specification's look, axes, series, and the point that a finger or mouse is near.

Colours are the page's own CSS variables. Vega hands a colour such as `var(--box)` through to the SVG as text, where the
browser looks it up: light and dark need no second drawing. Series differ in dash as well as in colour.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]
Series = Mapping[str, tuple[str, Sequence[int]]]
"""Name of a series to its colour and its dashes."""

SOLID, DASHED, DOTTED = (1, 0), (6, 4), (2, 3)

_AXIS = {
    **dict.fromkeys(("labelColor", "titleColor"), "var(--soft)"),
    **dict.fromkeys(("gridColor", "domainColor", "tickColor"), "var(--line)"),
    **dict.fromkeys(("labelFontSize", "titleFontSize"), 12),
    "titleFontWeight": "normal",
    "titlePadding": 8,
    "labelFlush": True,
}
_CONFIG: Spec = {
    "font": "system-ui, sans-serif",
    "background": "transparent",
    "view": {"stroke": None},
    "axis": _AXIS,
    "line": {"strokeWidth": 2.2},
    "text": {"fill": "var(--ink)", "fontSize": 12},
}


def chart(said: str, layers: Sequence[Spec], *, values: Sequence[Any], height: int = 290, **more: Any) -> Spec:
    """Return a chart as wide as its place in the page; `said` is read to those who cannot see it."""
    return {
        "description": said,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 8, "top": 5, "bottom": 2},
        "data": {"values": list(values)},
        "layer": list(layers),
        "config": _CONFIG,
        **more,
    }


def axis(
    field: str, title: str, *, domain: tuple[float, float] | None = None, kind: str = "linear", **more: Any
) -> Spec:
    """Return the encoding of a measured quantity; a domain ends the axis where the quantity does."""
    scale: Spec = {"type": kind, "nice": False}
    if domain:
        scale["domain"] = list(domain)
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": {"tickCount": 6, **more}}


def share(field: str, title: str) -> Spec:
    """Return the encoding of a share of 1."""
    return axis(field, title, domain=(0, 1), format=".1f")


def series(field: str, looks: Series) -> Spec:
    """Tell the series of a field apart by colour and dash; the page writes the legend, out of `legend(looks)`."""
    names, tints, dashes = list(looks), [tint for tint, _ in looks.values()], [list(dash) for _, dash in looks.values()]
    told = {"field": field, "type": "nominal", "sort": None, "legend": None}
    return {
        "color": told | {"scale": {"domain": names, "range": tints}},
        "strokeDash": told | {"scale": {"domain": names, "range": dashes}},
    }


def legend(looks: Series) -> Spec:
    """Keep the series beside the chart, as (name, colour, dashes) for a legend in the page's own letters."""
    return {"usermeta": {"series": [[name, tint, " ".join(map(str, dash))] for name, (tint, dash) in looks.items()]}}


def lines(shown: Spec, of: str, *told: str) -> list[Spec]:
    """Draw lines, one for each value of the field `of`, and the point that is nearest to a mouse or finger.

    That point tells its line and the fields in `told`, the first of which is what the lines are drawn over.
    """
    on = "pointerover, click"  # a tap ends with a click, after its pointer has left
    choice = {"type": "point", "fields": [of, told[0]], "on": on, "nearest": True, "clear": "pointerout"}
    points = {name: spec for name, spec in shown.items() if name != "strokeDash"}
    seen = {"opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0}}
    dot = {"type": "point", "filled": True, "size": 70}
    return [
        {"mark": "line", "encoding": shown},
        {"mark": dot, "params": [{"name": "near", "select": choice}], "encoding": points | seen | tooltip(of, *told)},
    ]


def dots(shown: Spec, *told: str) -> Spec:
    """Draw a dot for each row, which tells the fields in `told`."""
    dot = {"type": "point", "filled": True, "fill": "var(--mask)", "opacity": 0.6, "size": 50}
    return {"mark": dot, "encoding": shown | tooltip(*told)}


def sized(field: str, smallest: int, largest: int) -> Spec:
    """Let a dot's area grow with a count."""
    scale = {"range": [smallest, largest]}
    return {"size": {"field": field, "type": "quantitative", "scale": scale, "legend": None}}


def diagonal(low: float, high: float) -> Spec:
    """Draw the line on which both axes are equal."""
    return {
        "data": {"values": [{"end": low}, {"end": high}]},
        "mark": {"type": "line", "stroke": "var(--soft)", "strokeDash": list(DASHED), "strokeWidth": 1},
        "encoding": {name: {"field": "end", "type": "quantitative"} for name in ("x", "y")},
    }


def tooltip(*fields: str) -> Spec:
    """Tell fields of the row under the mouse; what was measured to three digits, the rest as it is.

    Written as an expression, since Vega-Lite looks for words (not for numbers) beside the nearest point's own row.
    """
    row = "(datum.datum || datum)"
    pairs = [
        f"'{name}': format({row}['{name}'], '.3~f')" if name in _MEASURED else f"'{name}': {row}['{name}']"
        for name in fields
    ]
    return {"tooltip": {"value": {"expr": f"{{{', '.join(pairs)}}}"}}}


_MEASURED = {"AP", "IoU", "recall", "precision", "score", "value"}
