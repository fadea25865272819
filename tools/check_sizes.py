"""No module outgrows its reader. (Functions are measured by ruff: PLR0915, C901, PLR0912.)

A module over the limit is split along a word of the glossary, never into `part1` and `part2`.
"""

import sys
from pathlib import Path

from tools.gate import ROOT, finish, repository_files

MODULE_LIMIT = 400
TEST_LIMIT = 500

_SUFFIXES = (".py", ".ts", ".svelte", ".css")
_GENERATED = (".gen.ts", ".gen.py")
_GENERATED_FOLDERS = {"_wire", "migrations"}
_CATALOGUE = "texts_"


def is_limited(path: Path) -> bool:
    """Generated code and migrations may be as long as they are, and so may lists of texts."""
    exempt = path.name.endswith(_GENERATED) or path.name.startswith(_CATALOGUE)
    return not exempt and _GENERATED_FOLDERS.isdisjoint(path.parts)


def limit_of(path: Path) -> int:
    """How many lines this module may have."""
    is_test = "tests" in path.parts or ".test." in path.name
    return TEST_LIMIT if is_test else MODULE_LIMIT


def problems(root: Path) -> list[str]:
    """One line for each module that is too long."""
    found = []
    for path in repository_files(root, *_SUFFIXES):
        if not is_limited(path):
            continue
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        if lines > limit_of(path):
            found.append(f"{path}: {lines} lines, {limit_of(path)} allowed")
    return found


if __name__ == "__main__":
    sys.exit(finish("sizes", problems(ROOT)))
