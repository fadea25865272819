"""What an administrator could do to the copy of a journal: one change per seed, by family."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress

import msgspec

from protocols.vocabulary import AggregateId, TenantId
from server.application.images import after_row
from server.application.journal_chain import seal, seal_all
from server.application.ports import Aggregate, Row
from server.storage.records import aggregate_record, journal_record, row_of

ACME = TenantId("acme")

JOURNAL = (
    "tenant_id", "sequence", "nonce", "kind", "aggregate_id", "version", "keys", "client_id",
    "number", "at", "hash", "body",
)  # fmt: skip
HEAD = ("sequence", "nonce", "hash")
IMAGE = ("tenant_id", "id", "kind", "version", "open", "number", "image")


_TRIES = 100


class Copy:
    """One copy: the database in memory, and the lines of the anchor file."""

    def __init__(self, connection: sqlite3.Connection, lines: list[bytes]) -> None:
        self.connection = connection
        self.lines = lines

    def rows(self) -> list[Row]:
        """The journal, in order."""
        query = "SELECT hash, body FROM journal WHERE tenant_id = 'acme' ORDER BY sequence"
        return [row_of(*record) for record in self.connection.execute(query)]

    def write(self, rows: list[Row]) -> None:
        """Put another history in the journal's place, with the head and the state it makes."""
        images: dict[AggregateId, Aggregate] = {}
        for row in rows:
            images[row.aggregate_id] = after_row(images.get(row.aggregate_id), row)
        do = self.connection
        do.execute("DELETE FROM journal WHERE tenant_id = 'acme'")
        do.execute("DELETE FROM aggregates WHERE tenant_id = 'acme'")
        do.executemany(_insert("journal", JOURNAL), map(journal_record, rows))
        do.executemany(
            _insert("aggregates", IMAGE),
            (aggregate_record(ACME, image) for image in images.values()),
        )
        head = (rows[-1].sequence, rows[-1].nonce, rows[-1].hash)
        do.execute(
            "UPDATE heads SET sequence = ?, nonce = ?, hash = ? WHERE tenant_id = 'acme'", head
        )


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"


def _flip(copy: Copy, dice: random.Random, table: str, columns: tuple[str, ...]) -> None:
    """Flip one bit of one value that is there."""
    found = [
        (rowid, column, value)
        for rowid, *values in copy.connection.execute(
            f"SELECT {_key(table)}, {', '.join(columns)} FROM {table} WHERE tenant_id = 'acme'"
        )
        for column, value in zip(columns, values, strict=True)
        if value is not None and value not in ("", b"")
    ]
    for _ in range(_TRIES):
        key, column, value = dice.choice(found)
        changed, cast = _flipped(value, dice)
        where = f"WHERE {_key(table)} = ? AND tenant_id = 'acme'"
        # A key that another row has already is refused by the table itself: another bit then.
        with suppress(sqlite3.IntegrityError):
            copy.connection.execute(f"UPDATE {table} SET {column} = {cast} {where}", (changed, key))
            return
    raise AssertionError("no bit could be flipped")


def _key(table: str) -> str:
    return "tenant_id" if table == "heads" else "rowid"


def _flipped(value: object, dice: random.Random) -> tuple[object, str]:
    if isinstance(value, int):
        return value ^ (1 << dice.randrange(48)), "?"
    raw = bytearray(value.encode() if isinstance(value, str) else value)  # type: ignore[arg-type]
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    return bytes(raw), "CAST(? AS TEXT)" if isinstance(value, str) else "?"


def row_flipped(copy: Copy, dice: random.Random) -> None:
    """One bit of one row."""
    _flip(copy, dice, "journal", JOURNAL)


def head_flipped(copy: Copy, dice: random.Random) -> None:
    """One bit of the head."""
    _flip(copy, dice, "heads", HEAD)


def state_flipped(copy: Copy, dice: random.Random) -> None:
    """One bit of a stored state or of a column beside it."""
    _flip(copy, dice, "aggregates", IMAGE)


def anchor_flipped(copy: Copy, dice: random.Random) -> None:
    """One bit of the anchor file."""
    place = dice.randrange(len(copy.lines))
    raw = bytearray(copy.lines[place])
    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
    copy.lines[place] = bytes(raw)


def row_deleted(copy: Copy, dice: random.Random) -> None:
    """Any row, also the first or the last one."""
    _delete(copy, dice, "journal")


def state_deleted(copy: Copy, dice: random.Random) -> None:
    """The stored state of something."""
    _delete(copy, dice, "aggregates")


def _delete(copy: Copy, dice: random.Random, table: str) -> None:
    query = f"SELECT rowid FROM {table} WHERE tenant_id = 'acme'"
    (rowid,) = dice.choice(copy.connection.execute(query).fetchall())
    copy.connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))


def rows_swapped(copy: Copy, dice: random.Random) -> None:
    """Two rows in each other's place, with or without the columns beside their bodies."""
    rows = copy.rows()
    one, other = dice.sample(rows, 2)
    if dice.random() < 0.5:
        _place(copy, one.sequence, 9_999)
        _place(copy, other.sequence, one.sequence)
        _place(copy, 9_999, other.sequence)
        return
    bodies = {row.sequence: journal_record(row)[10:] for row in (one, other)}
    for here, there in ((one, other), (other, one)):
        copy.connection.execute(
            "UPDATE journal SET hash = ?, body = ? WHERE sequence = ? AND tenant_id = 'acme'",
            (*bodies[there.sequence], here.sequence),
        )


def _place(copy: Copy, sequence: int, place: int) -> None:
    copy.connection.execute(
        "UPDATE journal SET sequence = ? WHERE sequence = ? AND tenant_id = 'acme'",
        (place, sequence),
    )


def row_altered(copy: Copy, dice: random.Random) -> None:
    """Another name in one row, and nothing else touched."""
    copy.connection.execute(
        "UPDATE journal SET body = CAST(replace(body, 'Ann', 'Eve') AS BLOB) "
        "WHERE sequence = ? AND tenant_id = 'acme'",
        (dice.choice(copy.rows()).sequence,),
    )


def row_forged(copy: Copy, dice: random.Random) -> None:
    """Another name in one row, which then is what its own hash says; its successor is left."""
    rows = copy.rows()
    row = dice.choice(rows[:-1])
    forged = seal(msgspec.structs.replace(row, actor_name="Eve"), row.previous_hash)
    copy.connection.execute(
        "UPDATE journal SET hash = ?, body = ? WHERE sequence = ? AND tenant_id = 'acme'",
        (*journal_record(forged)[10:], row.sequence),
    )


def row_added(copy: Copy, dice: random.Random) -> None:
    """A row behind the head, which nobody decided."""
    last = copy.rows()[-1]
    forged = msgspec.structs.replace(
        last,
        sequence=last.sequence + dice.randrange(1, 4),
        nonce=dice.getrandbits(48),
        previous_nonce=last.nonce,
    )
    record = journal_record(seal(forged, last.hash))
    copy.connection.execute(_insert("journal", JOURNAL), record)


def tail_cut(copy: Copy, dice: random.Random) -> None:
    """The newest rows gone, head and state as if they had never been."""
    rows = copy.rows()
    copy.write(rows[: dice.randrange(1, len(rows))])


def rewritten(copy: Copy, dice: random.Random) -> None:
    """From some row on, perhaps the first, another history with a chain that holds."""
    rows = copy.rows()
    place = dice.choice((0, dice.randrange(len(rows))))
    rows[place] = msgspec.structs.replace(rows[place], actor_name="Eve")
    copy.write([*rows[:place], *seal_all(rows[place:], rows[place].previous_hash)])


def beginning_hidden(copy: Copy, dice: random.Random) -> None:
    """The oldest rows gone, as if retention had dropped them, which hides a rewrite."""
    rewritten(copy, dice)
    rows = copy.rows()
    last = rows[dice.randrange(len(rows) - 1)]
    do = copy.connection
    do.execute("DELETE FROM journal WHERE tenant_id = 'acme' AND sequence <= ?", (last.sequence,))
    do.execute("INSERT INTO trims VALUES ('acme', ?, ?, ?)", (last.sequence, last.nonce, last.hash))


def tenant_hidden(copy: Copy, dice: random.Random) -> None:
    """A tenant that nobody lists any more."""
    del dice
    copy.connection.execute("DELETE FROM tenants WHERE id = 'acme'")


FAMILIES: tuple[Callable[[Copy, random.Random], None], ...] = (
    row_flipped,
    row_flipped,
    row_altered,
    head_flipped,
    state_flipped,
    anchor_flipped,
    row_deleted,
    state_deleted,
    rows_swapped,
    row_forged,
    row_added,
    tail_cut,
    rewritten,
    beginning_hidden,
    tenant_hidden,
)
"""What seeds choose from, one after the other."""
