"""What comes in on sockets is handled in turns of tenants: counted in bytes and loop turns."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.realtime.intake import AT_ONCE, PIECE, TURN_SECONDS, Intake
from tests.support.fakes import FakeClock
from tests.support.rules import rule
from tests.support.sockets import settle

pytestmark = pytest.mark.asyncio


@dataclass
class Street:
    """One intake, and what was handled in which order. Handling a piece takes a turn's time."""

    clock: FakeClock = field(default_factory=FakeClock)
    order: list[tuple[str, int]] = field(default_factory=list)
    """Whose, and how many bytes."""

    def __post_init__(self) -> None:
        """Quiet."""
        self.intake = Intake(self.clock)

    def socket(self, whose: str) -> "Pipe":
        """A socket of this tenant."""
        return Pipe(self, whose)


@dataclass
class Pipe:
    """A socket by hand."""

    street: Street
    whose: str
    held: int = 0
    is_gone: bool = False
    reading: list[bool] = field(default_factory=list)
    came: bytes = b""

    def handle(self, data: bytes) -> None:
        """Take it, and let time pass."""
        self.came += data
        self.street.order.append((self.whose, len(data)))
        self.street.clock.advance(TURN_SECONDS)

    def hold(self) -> None:
        """Asked to read nothing."""
        self.reading.append(False)

    def go_on(self) -> None:
        """Asked to read again."""
        self.reading.append(True)

    def receive(self, data: bytes) -> None:
        """The kernel has something."""
        self.street.intake.came(self, data)


async def until_quiet(street: Street) -> int:
    """How often the loop turned until nothing was handled any more."""
    turns, before = 0, -1
    while len(street.order) != before:
        before = len(street.order)
        await asyncio.sleep(0)
        turns += 1
    return turns


@rule("FQ7")
async def test_on_a_quiet_node_everything_is_handled_as_it_comes():
    street = Street()
    sockets = [street.socket(f"tenant-{n}") for n in range(4)]

    for socket in sockets:
        socket.receive(b"x" * (AT_ONCE // 4))

    assert [len(socket.came) for socket in sockets] == [AT_ONCE // 4] * 4
    await settle()
    sockets[0].receive(b"again")
    assert sockets[0].came.endswith(b"again")


@rule("FQ7")
async def test_a_message_beside_fifty_full_sockets_waits_for_one_piece_of_them():
    street = Street()
    flood = [street.socket("flood") for _ in range(50)]
    house = street.socket("house")
    for socket in flood:
        socket.receive(b"f" * 64 * 1_024)
    await settle()
    handled = len(street.order)

    house.receive(b"h" * 200)
    await settle()

    meanwhile = street.order[handled:]
    assert meanwhile.index(("house", 200)) <= 1
    assert max(size for _, size in street.order) <= PIECE
    turns = await until_quiet(street)
    # The loop turned to others after every piece.
    assert turns >= 50 * 64 * 1_024 // PIECE - handled - 30
    assert sum(len(socket.came) for socket in flood) == 50 * 64 * 1_024


@rule("FQ2")
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=3_000), st.booleans()),
        max_size=20,
    )
)
async def test_bytes_of_a_socket_stay_in_order_however_they_come(chunks):
    street = Street()
    sockets = [street.socket(whose) for whose in ("north", "north", "south", "west")]
    sent = [b"", b"", b"", b""]

    for at, data, pause in chunks:
        sent[at] += data
        sockets[at].receive(data)
        if pause:
            await asyncio.sleep(0)
    await until_quiet(street)

    assert [socket.came for socket in sockets] == sent
    assert [socket.held for socket in sockets] == [0] * 4


@rule("FQ7")
async def test_nothing_more_is_read_from_a_socket_of_which_much_waits():
    street = Street()
    full, other = street.socket("flood"), street.socket("flood")

    full.receive(b"f" * 40_000)
    other.receive(b"f" * 4_000)
    assert (full.reading, other.reading) == ([False], [])
    await until_quiet(street)

    assert (full.reading, other.reading) == ([False, True], [])


@rule("FQ4")
async def test_what_a_socket_sent_that_is_gone_since_is_not_handled():
    street = Street()
    gone, here = street.socket("flood"), street.socket("flood")
    gone.receive(b"g" * (AT_ONCE + 1))
    here.receive(b"h" * 2_000)

    gone.is_gone = True
    await until_quiet(street)

    assert (gone.came, len(here.came)) == (b"", 2_000)
