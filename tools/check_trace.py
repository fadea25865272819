"""`docs/ONE_MOVE.md` names files and symbols that exist, and these point at each other.

The document is a table whose rows hold a step and a `path::symbol`. The file of a numbered
step carries the comment `One move, step n of 8 → <path of the next row>`. The last one only says
which it is, and a row such as 2′, which returns to an earlier file, carries none.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.gate import ROOT, finish, nothing_to_check

DOCUMENT = Path("docs/ONE_MOVE.md")

_ROW = re.compile(r"^\|?\s*(\d+)(′|')?\s*[|.)].*?`([\w./-]+)::([\w.]+)`", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One row of the table; `number` is None for a step that returns."""

    number: int | None
    path: str
    symbol: str


def steps(document: str) -> list[Step]:
    """The rows in the order of the document."""
    return [
        Step(None if prime else int(number), path, symbol)
        for number, prime, path, symbol in _ROW.findall(document)
    ]


def has_symbol(path: Path, symbol: str) -> bool:
    """Whether the file defines the symbol; `Class.method` in Python means exactly that."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return symbol in set(_python_symbols(ast.parse(source)))
    name = re.escape(symbol.rpartition(".")[2])
    declaration = rf"\b(?:function|const|class|type|interface|let)\s+{name}\b"
    method = rf"^\s+(?:public |private |async |#)*{name}\s*(?:<[^>]*>)?\([^;]*?\)[^;]*?\{{"
    return re.search(f"{declaration}|{method}", source, re.MULTILINE) is not None


def _python_symbols(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _python_symbols(node, f"{prefix}{node.name}.")


def problems_of_step(root: Path, step: Step, total: int, following: str | None) -> Iterator[str]:
    """What is wrong with one row."""
    path = root / step.path
    if not path.is_file():
        yield f"{DOCUMENT}: {step.path} does not exist"
        return
    if not has_symbol(path, step.symbol):
        yield f"{DOCUMENT}: {step.path} defines no {step.symbol}"
    if step.number is None:
        return
    pointer = f" → {following}" if step.number < total else ""
    comment = f"One move, step {step.number} of {total}{pointer}"
    if comment not in path.read_text(encoding="utf-8"):
        yield f"{step.path}: the comment “{comment}” is missing"


def problems(root: Path) -> list[str]:
    """One line for each row that does not tell the truth."""
    trail = steps((root / DOCUMENT).read_text(encoding="utf-8"))
    numbers = [step.number for step in trail if step.number is not None]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        return [f"{DOCUMENT}: the steps are numbered {numbers}"]
    following = [*(step.path for step in trail[1:]), None]
    return [
        problem
        for step, path in zip(trail, following, strict=True)
        for problem in problems_of_step(root, step, len(numbers), path)
    ]


def main() -> int:
    """Run the gate."""
    if not (ROOT / DOCUMENT).exists():
        return nothing_to_check("trace", str(DOCUMENT))
    return finish("trace", problems(ROOT))


if __name__ == "__main__":
    sys.exit(main())
