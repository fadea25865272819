"""Bars as SVG, legible on light and dark pages: our figure and each peer's, largest first."""

from collections.abc import Mapping
from html import escape
from typing import Any

from tests.bench.contenders import OURS

_ROW, _NAME, _BAR, _VALUE = 26, 170, 380, 110
"""Pixels: the height of a bar's row, and the widths of its three columns."""

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}"
    "rect{fill:#8c959f}.ours{fill:#0969da}.title{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#6e7681}.ours{fill:#4493f8}}"
)

PLOTS = {
    "fanout": (
        ("single per cpu second", "One frame per delivery: deliveries per CPU second"),
        ("burst per cpu second", "Bursts of 32: deliveries per CPU second"),
        ("offered per cpu second", "100 messages/s offered: deliveries per CPU second"),
    ),
    "tenants": (("cpu us per delivery", "Many small tenants: µs of CPU per delivery"),),
    "idle": (("kb per socket", "Idle socket: KB of user space"),),
}
"""Which figures of a bench are drawn, each of all who took part."""


def plots(report: dict[str, Any]) -> dict[str, str]:
    """The plots of a report by file name; none where no peer took part."""
    drawn = {}
    for figure, title in PLOTS.get(report["name"], ()):
        bars = {
            key.removesuffix(f": {figure}"): float(value)
            for key, value in report["figures"].items()
            if key.endswith(f": {figure}") and isinstance(value, int | float)
        }
        if len(bars) > 1:
            drawn[f"{report['name']}-{figure.replace(' ', '-')}.svg"] = svg(title, bars)
    return drawn


def svg(title: str, bars: Mapping[str, float]) -> str:
    """One plot; bars share a scale that begins at 0."""
    width, height = _NAME + _BAR + _VALUE, _ROW * (len(bars) + 1) + 12
    most = max(bars.values()) or 1.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="4" y="18">{escape(title)}</text>',
    ]
    ordered = sorted(bars.items(), key=lambda bar: -bar[1])
    for row, (name, value) in enumerate(ordered, 1):
        top, long = row * _ROW + 4, max(1.0, _BAR * value / most)
        ours = ' class="ours"' if name == OURS else ""
        lines += [
            f'<text x="{_NAME - 8}" y="{top + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect{ours} x="{_NAME}" y="{top}" width="{long:.1f}" height="{_ROW - 6}" rx="2"/>',
            f'<text x="{_NAME + long + 6:.1f}" y="{top + 15}">{_shown(value)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"
