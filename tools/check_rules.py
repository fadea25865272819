"""Every rule of `protocols/SPEC.md` has a test, and every citation names a rule.

A rule is a list item that starts with a bold identifier, `- **MV2** …`; one that begins with
"withdrawn" keeps its identifier and needs no test. Python tests cite with `@rule("MV2")`,
TypeScript tests with `[MV2]` in their title.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.gate import ROOT, finish, nothing_to_check, repository_files

SPEC = Path("protocols/SPEC.md")

_RULE = re.compile(r"^\s*[-*] \*\*([A-Z]{2}\d+)\*\*[\s.:—-]*(.*)$", re.MULTILINE)
_TITLE = re.compile(r"\b(?:describe|test|it)(?:\.\w+)*\(\s*(['\"`])(.*?)\1", re.DOTALL)
_IN_TITLE = re.compile(r"\b[A-Z]{2}\d+\b")

Citation = tuple[str, str]
"""A rule's identifier and the place that cites it."""


def rules(spec: str) -> tuple[dict[str, bool], list[str]]:
    """Each rule with whether it is in force, and the identifiers that occur twice."""
    found: dict[str, bool] = {}
    twice = []
    for identifier, text in _RULE.findall(spec):
        if identifier in found:
            twice.append(identifier)
        found[identifier] = not text.lower().startswith(("withdrawn", "*withdrawn"))
    return found, twice


def python_citations(path: Path, source: str) -> Iterator[Citation]:
    """The identifiers in calls of `rule`, decorators or not."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "rule"
        ):
            for argument in node.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value), f"{path}:{node.lineno}"


def typescript_citations(path: Path, source: str) -> Iterator[Citation]:
    """The identifiers between square brackets in titles of tests."""
    for title in _TITLE.finditer(source):
        line = source.count("\n", 0, title.start()) + 1
        for bracket in re.findall(r"\[([^\]]*)\]", title.group(2)):
            for identifier in _IN_TITLE.findall(bracket):
                yield identifier, f"{path}:{line}"


def citations(root: Path) -> Iterator[Citation]:
    """All citations in all tests."""
    for path in repository_files(root, ".py", ".ts"):
        source = (root / path).read_text(encoding="utf-8")
        if path.suffix == ".ts" and path.name.endswith(".test.ts"):
            yield from typescript_citations(path, source)
        elif path.suffix == ".py" and "tests" in path.parts:
            yield from python_citations(path, source)


def problems(root: Path) -> list[str]:
    """One line for each rule without a test and for each citation of no rule."""
    in_force, twice = rules((root / SPEC).read_text(encoding="utf-8"))
    cited = list(citations(root))
    tested = {identifier for identifier, _ in cited}
    return [
        *(f"{SPEC}: {identifier} stands there twice" for identifier in twice),
        *(f"{place}: there is no rule {name}" for name, place in cited if name not in in_force),
        *(
            f"{SPEC}: no test expresses {identifier}"
            for identifier, is_in_force in in_force.items()
            if is_in_force and identifier not in tested
        ),
    ]


def main() -> int:
    """Run the gate."""
    if not (ROOT / SPEC).exists():
        return nothing_to_check("rules", str(SPEC))
    return finish("rules", problems(ROOT))


if __name__ == "__main__":
    sys.exit(main())
