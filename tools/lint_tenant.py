"""Every query on tenant data names its tenant: a rule that no general linter can know.

We look at each statement in `server/storage` that selects from, updates or deletes from a
tenant's table. It has to mention `tenant_id`, or a name of the same module (a variable, a
function) that stands for something which does. Inserts are free: the column is part of the
primary key, so a row without it is refused.

A query that is meant for all tenants, or gets its tenant elsewhere, says so in its own lines or
right above: `# tenant: all of them, the relay announces for everyone`.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.gate import ROOT, finish, nothing_to_check, repository_files

STORAGE = Path("server/storage")
TABLES = STORAGE / "tables.py"

_VERBS = {"select", "update", "delete"}
_SKIP = re.compile(r"#\s*tenant: \S")


@dataclass(frozen=True)
class Vocabulary:
    """How one module spells the tables: by name, or as attributes of the tables module."""

    tables: frozenset[str]
    names: frozenset[str]
    modules: frozenset[str]
    scoped: frozenset[str]
    """Names whose value mentions the tenant, such as a tuple of conditions."""

    def mentions_table(self, node: ast.AST) -> bool:
        """Whether this very node is a tenant's table."""
        match node:
            case ast.Name(id=name):
                return name in self.names
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                return module in self.modules and name in self.tables
            case _:
                return False

    def is_scoped(self, node: ast.AST) -> bool:
        """Whether a name is used here that brings the tenant with it."""
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                return name in self.scoped
            case _:
                return False


def tenant_tables(source: str) -> frozenset[str]:
    """The module-level tables that have a column for the tenant."""
    found = set()
    for node in ast.parse(source).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ):
                if any(_names_tenant(part) for part in ast.walk(call)):
                    found.add(name)
            case _:
                pass
    return frozenset(found)


def vocabulary(tree: ast.Module, tables: frozenset[str]) -> Vocabulary:
    """What the imports of a module make of the tables' names."""
    names, modules = set(), set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            spelled = alias.asname or alias.name
            if node.module == "server.storage.tables" and alias.name in tables:
                names.add(spelled)
            if node.module == "server.storage" and alias.name == "tables":
                modules.add(spelled)
    scoped = scoped_names(list(_bindings(tree)))
    return Vocabulary(tables, frozenset(names), frozenset(modules), scoped)


def scoped_names(bindings: list[tuple[str, ast.expr]]) -> frozenset[str]:
    """The names that bring the tenant with them: from an expression that does, and so on."""
    found: set[str] = set()
    grown = True
    while grown:
        more = {
            name
            for name, value in bindings
            for part in ast.walk(value)
            if _names_tenant(part) or (isinstance(part, ast.Name) and part.id in found)
        }
        grown = not more <= found
        found |= more
    return frozenset(found)


def _bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names with what stands for them: assigned values, and results of the module's functions."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value):
                yield from _assigned(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value)
            case _:
                pass
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield function.name, node.value


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            # Each part with its own value: `flavour, own = …` must not make both of them scoped.
            for its_target, its_value in zip(targets, values, strict=False):
                yield from _assigned(its_target, its_value)
        case _:
            pass


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """The simple statements: those that hold no others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node


def is_unscoped_query(statement: ast.stmt, words: Vocabulary) -> bool:
    """Whether the statement reads or changes a tenant's rows without naming the tenant."""
    nodes = list(ast.walk(statement))
    if not any(words.mentions_table(node) for node in nodes):
        return False
    called = {_called(node) for node in nodes if isinstance(node, ast.Call)}
    return bool(called & _VERBS) and not any(
        _names_tenant(node) or words.is_scoped(node) for node in nodes
    )


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _names_tenant(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="tenant_id") | ast.keyword(arg="tenant_id"):
            return True
        case ast.Name(id="tenant_id") | ast.Constant(value="tenant_id"):
            return True
        case _:
            return False


def problems_of_module(path: Path, source: str, tables: frozenset[str]) -> list[str]:
    """One line for each query of a module that forgets its tenant."""
    tree, lines = ast.parse(source), source.splitlines()
    words = vocabulary(tree, tables)
    found = []
    for statement in statements(tree):
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        excused = any(_SKIP.search(line) for line in lines[max(first - 2, 0) : last])
        if is_unscoped_query(statement, words) and not excused:
            found.append(f"{path}:{first}: this query does not say which tenant it is for")
    return found


def problems(root: Path) -> list[str]:
    """One line for each query in the storage that forgets its tenant."""
    tables = tenant_tables((root / TABLES).read_text(encoding="utf-8"))
    if not tables:
        return [f"{TABLES}: no tenant's table found; has the way to define them changed?"]
    return [
        problem
        for path in repository_files(root, ".py")
        if path.is_relative_to(STORAGE) and "migrations" not in path.parts
        for problem in problems_of_module(path, (root / path).read_text(encoding="utf-8"), tables)
    ]


def main() -> int:
    """Run the gate."""
    if not (ROOT / TABLES).exists():
        return nothing_to_check("tenants", str(TABLES))
    return finish("tenants", problems(ROOT))


if __name__ == "__main__":
    sys.exit(main())
