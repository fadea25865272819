"""Core statements compiled once to the text of a driver.

Compiling costs SQLAlchemy about a millisecond, a whole batch may cost half of one: so every
statement is compiled when its store opens, and a call binds a tuple.
"""

from typing import Any, NamedTuple

from sqlalchemy import Executable
from sqlalchemy.sql.elements import ClauseElement

from server.storage.flavour import Flavour


class Query(NamedTuple):
    """A statement's text and what is bound to it, in the order of its placeholders."""

    text: str
    arguments: tuple[Any, ...] = ()


class Prepared:
    """One statement of one flavour."""

    __slots__ = ("_constants", "_names", "text")

    def __init__(self, statement: Executable, flavour: Flavour) -> None:
        """Compile the statement."""
        assert isinstance(statement, ClauseElement)
        compiled: Any = statement.compile(dialect=flavour.dialect)
        self.text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constants = {
            name: value for name, value in compiled.params.items() if value is not None
        }

    def bind(self, **values: Any) -> Query:
        """The statement with these values; a missing one is a KeyError."""
        known = {**self._constants, **values}
        return Query(self.text, tuple(known[name] for name in self._names))
