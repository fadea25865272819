"""The bytes that a browser loads before it shows anything, against their budgets.

Sizes are brotli's, as a server sends them. What is loaded later, by `import()`, does not count.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli

from tools.gate import ROOT, finish

STATIC = Path("server/web/static")

#: App → kilobytes of initial JavaScript. A driver's phone and a display's stick have less of all.
SCRIPT_BUDGETS = {"board": 110.0, "driver": 60.0, "wallboard": 35.0}
STYLE_BUDGET = 12.0
FONT_BUDGET = 60.0

Manifest = dict[str, dict[str, Any]]


def initial_chunks(manifest: Manifest, entry: str) -> Iterator[dict[str, Any]]:
    """The entry's chunk and all that it imports statically, each once."""
    waiting, seen = [entry], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield manifest[name]
            waiting.extend(manifest[name].get("imports", []))


def kilobytes(static: Path, files: set[str]) -> float:
    """The compressed size of these files together."""
    return sum(len(brotli.compress((static / file).read_bytes())) for file in files) / 1000


def measure(static: Path) -> Iterator[tuple[str, float, float]]:
    """Each thing that has a budget: its name, its size and the budget."""
    manifest: Manifest = json.loads((static / "manifest.json").read_text(encoding="utf-8"))
    for app, budget in SCRIPT_BUDGETS.items():
        entry = f"{app}/index.html"
        if entry not in manifest:
            continue
        chunks = list(initial_chunks(manifest, entry))
        styles = {file for chunk in chunks for file in chunk.get("css", [])}
        yield f"{app} scripts", kilobytes(static, {chunk["file"] for chunk in chunks}), budget
        yield f"{app} styles", kilobytes(static, styles), STYLE_BUDGET
    # Fonts are compressed already, and any of them may be asked for.
    fonts = sum(font.stat().st_size for font in static.rglob("*.woff2")) / 1000
    yield "fonts", fonts, FONT_BUDGET


def problems(static: Path) -> list[str]:
    """One line for each budget that is exceeded."""
    return [
        f"{name}: {size:.1f} kB, {budget:.0f} kB allowed"
        for name, size, budget in measure(static)
        if size > budget
    ]


def main() -> int:
    """Print all sizes and run the gate."""
    static = ROOT / STATIC
    if not (static / "manifest.json").exists():
        return finish("bundle", [f"{STATIC}: no client there; run `make build`"])
    for name, size, budget in measure(static):
        print(f"{name:18} {size:6.1f} of {budget:5.1f} kB")
    return finish("bundle", problems(static))


if __name__ == "__main__":
    sys.exit(main())
