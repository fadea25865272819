"""What differs between the two databases when a statement is written down."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect


class Flavour:
    """One database's dialect, and its spelling of the few things Core leaves to dialects."""

    def __init__(self, dialect: Dialect, insert: Callable[[Table], Any], position: str) -> None:
        """`position` names the function that finds a text in a text."""
        self.dialect = dialect
        self.insert = insert
        self._position = position

    def one_of(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether the column is in the list bound as `name`; see `listed`."""
        if self.dialect.name == "sqlite":
            given = func.json_each(bindparam(name)).table_valued("value")
            return column.in_(select(given.c.value))
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type)))

    def listed(self, values: list[Any]) -> Any:
        """A list as the value that `one_of` wants to be bound."""
        if self.dialect.name == "sqlite":
            return _json(values).decode()
        return values

    def holds(self, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
        """Whether the text bound as `name` occurs in the column, exactly."""
        position: Any = getattr(func, self._position)
        found: ColumnElement[bool] = position(column, bindparam(name, type_=column.type)) > 0
        return found


_json = msgspec.json.encode

SQLITE = Flavour(sqlite.dialect(), sqlite.insert, "instr")
_asyncpg: Callable[[], Dialect] = asyncpg.dialect
POSTGRES = Flavour(_asyncpg(), postgresql.insert, "strpos")
