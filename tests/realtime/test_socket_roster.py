"""Who is connected to this node, and how all of them are ended."""

import asyncio

import msgspec
import pytest

from protocols.closing import Close
from protocols.vocabulary import ClientId, PersonId, SessionId, TenantId
from server.application.principal import Principal, Sockets
from server.realtime.roster import Roster
from tests.support.fakes import FakeClock, FakeIds
from tests.support.rules import rule
from tests.support.sockets import CLIENT, TENANT, a_principal, an_actor, settle


class Seat:
    """A socket that writes down how it ended."""

    def __init__(self, session: str, principal: Principal | None = None) -> None:
        self.session_id = SessionId(session)
        self.principal = principal if principal is not None else a_principal()
        self.closed: list[Close] = []
        self.drained: list[float] = []

    def close(self, code: Close) -> None:
        self.closed.append(code)

    def drain(self, after: float) -> None:
        self.drained.append(after)


def seated(*seats: Seat) -> Roster:
    roster = Roster(FakeIds())
    for seat in seats:
        roster.join(seat)
    return roster


@rule("AU36")
def test_a_revoked_device_loses_its_sockets_and_no_other_does():
    mine = Seat("s-1")
    other_device = Seat("s-2", a_principal(sign_in_id="device-2"))
    other_tenant = Seat("s-3", a_principal(an_actor(tenant_id=TenantId("tenant-2"))))
    sockets: Sockets = seated(mine, other_device, other_tenant)

    sockets.close_sign_in(TENANT, "device-1")

    assert mine.closed == [Close.REVOKED]
    assert other_device.closed == other_tenant.closed == []


@rule("AU36")
def test_a_revoked_person_loses_all_sockets_but_those_of_the_kept_device():
    here, there = Seat("s-1"), Seat("s-2", a_principal(sign_in_id="device-2"))
    somebody_else = Seat("s-3", a_principal(an_actor("ben"), sign_in_id="device-3"))
    roster = seated(here, there, somebody_else)

    roster.close_person(TENANT, PersonId("person-anna"), keep="device-2")

    assert here.closed == [Close.REVOKED]
    assert there.closed == somebody_else.closed == []
    assert roster.revocations == 1


def test_a_person_whose_rights_changed_comes_again_with_the_new_ones():
    mine, theirs = Seat("s-1"), Seat("s-2", a_principal(an_actor("ben")))
    roster = seated(mine, theirs)

    roster.move_person(TENANT, PersonId("person-anna"))

    assert mine.closed == [Close.MOVED]
    assert theirs.closed == []
    assert roster.revocations == 1


@rule("HS9")
def test_only_the_newest_socket_speaks_for_a_client_and_the_old_ones_end_changes_nothing():
    old, new = Seat("s-1"), Seat("s-2")
    roster = seated(old, new)

    assert roster.claim(CLIENT, old) is None
    assert roster.claim(CLIENT, new) is old
    roster.leave(old, CLIENT)

    assert roster.claim(CLIENT, new) is None
    roster.leave(new, CLIENT)
    assert roster.claim(CLIENT, Seat("s-3")) is None


@rule("HS9")
def test_a_colleague_cannot_claim_a_client_id_it_has_seen():
    mine, theirs = Seat("s-1"), Seat("s-2", a_principal(an_actor("ben")))
    roster = seated(mine, theirs)
    roster.claim(CLIENT, mine)

    assert roster.claim(CLIENT, theirs) is None


@rule("LM9")
def test_a_person_has_at_most_twenty_sockets():
    seats = [Seat(f"s-{n}") for n in range(20)]
    roster = seated(*seats)

    full = roster.is_full(a_principal()), roster.is_full(a_principal(an_actor("ben")))
    roster.leave(seats[0], None)
    roster.leave(seats[0], None)

    assert full == (True, False)
    assert not roster.is_full(a_principal())
    assert len(roster) == 19


@rule("CL2")
@pytest.mark.asyncio
async def test_a_drain_spreads_the_sockets_and_ends_when_the_last_is_gone():
    seats = [Seat(f"s-{n}") for n in range(10)]
    roster = seated(*seats)

    draining = asyncio.create_task(roster.drain(60.0))
    await settle()
    waits = [seat.drained[0] for seat in seats]
    for seat in seats:
        assert not draining.done()
        roster.leave(seat, ClientId("client-9"))
        await settle()

    assert draining.done()
    assert all(0 <= wait <= 60 for wait in waits)
    assert max(waits) - min(waits) > 10


class Devices:
    """The part of the accounts that the roster asks."""

    def __init__(self, *valid: str) -> None:
        self.valid = frozenset(valid)

    async def valid_sign_ins(self, _tenant_id, ids, _now):
        return self.valid & frozenset(ids)


@rule("AU36")
@pytest.mark.asyncio
async def test_the_poll_ends_sockets_whose_revocation_was_never_heard_of():
    kept, gone = Seat("s-1"), Seat("s-2", a_principal(sign_in_id="device-2"))
    roster = seated(kept, gone)

    await roster.check(Devices("device-1"), FakeClock())

    assert kept.closed == []
    assert gone.closed == [Close.REVOKED]


def test_a_socket_counts_for_the_person_it_serves():
    seat = Seat("s-1")
    roster = seated(seat)
    seat.principal = msgspec.structs.replace(seat.principal, sign_in_id="device-9")

    roster.close_sign_in(TENANT, "device-9")

    assert seat.closed == [Close.REVOKED]


def test_it_knows_which_devices_of_a_tenant_are_here():
    roster = seated(
        Seat("s-1"),
        Seat("s-2", a_principal(sign_in_id="device-2")),
        Seat("s-3", a_principal(an_actor(tenant_id=TenantId("tenant-2")), sign_in_id="device-3")),
    )

    assert roster.sign_ins(TENANT) == {"device-1", "device-2"}
    assert roster.sign_ins(TenantId("tenant-2")) == {"device-3"}
