"""Buckets, and what a client is told about its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.commands import ReleaseOrder
from protocols.vocabulary import OrderId, TenantId
from server.application.pace import Bucket, Paces
from server.realtime.limits import frame_limit, limits_of
from tests.support.rules import rule
from tests.support.sockets import an_actor


@rule("LM2")
def test_a_bucket_gives_its_burst_at_once_and_then_says_how_long_to_wait():
    bucket = Bucket(rate=20, burst=60)

    waits = [bucket.wait(5.0) for _ in range(61)]

    assert waits[:60] == [0.0] * 60
    assert waits[60] == pytest.approx(0.05)


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(rate=20, burst=3)
    bucket.wait(0.0)

    waits = [bucket.wait(1_000.0) for _ in range(4)]

    assert waits[:3] == [0.0] * 3
    assert waits[3] > 0


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_a_bucket_never_gives_more_than_its_burst_and_its_rate(gaps):
    bucket, now, given_ = Bucket(rate=10, burst=20), 0.0, 0

    for gap in gaps:
        now += gap
        given_ += bucket.wait(now) == 0

    assert given_ <= 20 + now * 10 + 0.001


@given(st.floats(0, 1e9), st.integers(0, 500))
def test_whoever_waits_as_told_gets_a_token(start, taken):
    bucket = Bucket(rate=20, burst=60)
    for _ in range(taken):
        bucket.wait(start)

    wait = bucket.wait(start)

    assert wait == 0 or bucket.wait(start + wait + 1e-4) == 0


@rule("LM13")
def test_people_who_each_keep_to_their_pace_share_what_their_tenant_has():
    paces, command = Paces(100), ReleaseOrder(order_id=OrderId("order-1"))
    north = [an_actor(f"n{n}", tenant_id=TenantId("north")) for n in range(30)]

    waits = [paces.wait(actor, command, 1.0) for actor in north for _ in range(10)]
    late = paces.wait(an_actor("late", tenant_id=TenantId("north")), command, 1.0)
    elsewhere = paces.wait(an_actor("zoe", tenant_id=TenantId("south")), command, 1.0)
    later = [paces.wait(actor, command, 2.0) for actor in north for _ in range(4)]

    assert waits == [0.0] * 300
    assert (late, elsewhere) == (1.0, 0.0)
    assert [wait > 0 for wait in later] == [*[False] * 100, *[True] * 20]


@rule("LM1")
def test_a_client_is_told_the_limits_of_its_own_role():
    operator, driver = limits_of(an_actor()), limits_of(an_actor(roles=("driver",)))

    assert (operator.frame_bytes, driver.frame_bytes) == (65_536, 16_384)
    assert (operator.subscriptions, operator.unacknowledged) == (16, 32)
    assert (operator.commands_per_second, operator.commands_burst) == (20, 60)
    assert frame_limit(an_actor(roles=("display",))) == 16_384
