"""Messages and sessions for tests: valid, one keyword away from what a test needs."""

from kanvoy_client._wire.commands import AddNote, Command
from kanvoy_client._wire.from_client import FromClient, Hello, Submit
from kanvoy_client._wire.from_server import (
    Changes,
    Op,
    Patch,
    Put,
    Receipt,
    Remove,
    SnapshotBegin,
    SnapshotChunk,
    SnapshotEnd,
)
from kanvoy_client._wire.handshake import App, Limits, Welcome, Whoami
from kanvoy_client._wire.views import CardView
from kanvoy_client.channel import Key
from kanvoy_client.outbox import MemoryOutbox
from kanvoy_client.replica import Replica
from kanvoy_client.session import Session

BOARD = "board"


def a_card(number: int, **fields) -> CardView:
    given = {
        "id": f"so-{number}",
        "number": number,
        "workflow_id": "wf-1",
        "stage_id": "st-new",
        "category": "new",
        "stage_since": 1,
        "rank": "a0",
        "customer": "Bakery Holm",
        "currency": "EUR",
        "created_at": 1,
    }
    return CardView(**(given | fields))


def key(number: int) -> Key:
    return Key("order", f"so-{number}")


def a_put(number: int, version: int, **fields) -> Put:
    return Put(kind="order", id=f"so-{number}", version=version, view=a_card(number, **fields))


def a_patch(number: int, version: int, **fields) -> Patch:
    return Patch(kind="order", id=f"so-{number}", version=version, fields=fields)


def a_remove(number: int, version: int) -> Remove:
    return Remove(kind="order", id=f"so-{number}", version=version)


def changes(after: int, upto: int, *ops: Op, epoch: int = 1, channel: str = BOARD) -> Changes:
    return Changes(
        channel=channel, epoch=epoch, after=after, upto=upto, nonce=upto * 11, ops=list(ops)
    )


def begin(sequence: int, *, epoch: int = 1, chunks: int = 1, channel: str = BOARD) -> SnapshotBegin:
    return SnapshotBegin(
        channel=channel, epoch=epoch, sequence=sequence, nonce=sequence * 11, chunks=chunks
    )


def chunk(cut: int, *items: Put, epoch: int = 1, channel: str = BOARD, preview: bool = False):
    return SnapshotChunk(
        channel=channel, epoch=epoch, index=0, cut=cut, items=list(items), preview=preview
    )


def end(epoch: int = 1, channel: str = BOARD) -> SnapshotEnd:
    return SnapshotEnd(channel=channel, epoch=epoch)


def a_snapshot(sequence: int, *items: Put, epoch: int = 1, channel: str = BOARD):
    """The three frames of a small snapshot."""
    return [
        begin(sequence, epoch=epoch, channel=channel),
        chunk(sequence, *items, epoch=epoch, channel=channel),
        end(epoch, channel=channel),
    ]


def a_receipt(number: int, sequence: int = 1, **fields) -> Receipt:
    return Receipt(number=number, outcome="applied", sequence=sequence, **fields)


def a_note(text: str = "ring twice") -> Command:
    return AddNote(order_id="so-1", note_id="note-1", text=text)


def a_welcome(last_number: int = 0, *, unacknowledged: int = 32) -> Welcome:
    return Welcome(
        protocol=1,
        session_id="session-1",
        server_time=1,
        user=Whoami(
            id="anna", name="Anna", tenant_id="holm", tenant="Holm", roles=(), permissions=()
        ),
        limits=Limits(
            frame_bytes=65_536,
            subscriptions=16,
            commands_per_second=20,
            commands_burst=60,
            unacknowledged=unacknowledged,
        ),
        ping_seconds=25.0,
        pong_seconds=10.0,
        last_number=last_number,
    )


def a_session(*, outbox=None, chance: float = 0.5) -> Session:
    ids = iter(f"client-{n}" for n in range(2, 10))
    return Session(
        app=App(kind="sdk"),
        outbox=outbox or MemoryOutbox("client-1"),
        replica=Replica(),
        random=lambda: chance,
        fresh_id=lambda: next(ids),
        csrf="nonce",
    )


def a_live_session(*channels: str, outbox=None, welcome: Welcome | None = None) -> Session:
    """Welcomed at moment 0, with nothing left to send and nothing left to tell."""
    session = a_session(outbox=outbox)
    for channel in channels:
        session.watch(channel)
    session.opened(0.0)
    session.receive(welcome or a_welcome(), 0.0)
    session.take(0.0)
    session.happened()
    return session


def hello(sent: list[FromClient]) -> Hello:
    (first,) = (message for message in sent if isinstance(message, Hello))
    return first


def numbers(sent: list[FromClient]) -> list[int]:
    """The numbers of the commands among what was sent."""
    return [message.number for message in sent if isinstance(message, Submit)]
