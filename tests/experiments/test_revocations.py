"""X14's judge sees what it must see, and its PR scale is played, with bounds of its own."""

import asyncio

import pytest
from msgspec.structs import replace

from protocols.closing import Close
from tests.experiments.registry import Request
from tests.experiments.revocations import X14, Ended, judged, played

_ON_A_LOADED_MACHINE = {"same node": 10.0, "other node": 10.0, "without the bus": 20.0}


def an_end(seed: int = 1) -> Ended:
    return Ended(
        seed=seed,
        where="same node",
        how="signs out",
        code=Close.REVOKED,
        seconds=0.1,
        heard=3,
    )


def test_who_was_shown_out_in_time_is_no_finding():
    assert judged([an_end(seed) for seed in range(10)]) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(an_end(), code=None), "still connected"),
        (replace(an_end(), code=Close.DRAIN), "closed with 4200"),
        (replace(an_end(), heard=0), "had heard nothing before"),
        (replace(an_end(), seconds=0.3), "heard after 0.30 s"),
        (replace(an_end(), where="other node", seconds=1.2), "heard after 1.20 s"),
        (replace(an_end(), where="without the bus", seconds=10.5), "heard after 10.50 s"),
    ],
)
def test_who_was_not_is_found(wrong: Ended, says: str):
    assert [each.what for each in judged([wrong]) if says in each.what]


def test_one_late_frame_of_a_hundred_is_allowed_and_two_are_not():
    late = replace(an_end(), seconds=0.3)
    in_time = [an_end(seed) for seed in range(100)]

    assert judged([*in_time[:99], late]) == []
    assert len(judged([*in_time[:98], late, late])) == 2


@pytest.mark.system
@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.timeout(180)
def test_who_is_signed_out_hears_nothing_more_wherever_the_socket_is():
    count = X14.counts["pr"]
    ended = asyncio.run(played(Request(scale="pr", count=count, seed=1, workers=1)))

    assert judged(ended, _ON_A_LOADED_MACHINE) == []
    assert len(ended) == count
    # Would it have noticed? Nodes that do not hear each other come to it in a round of their own.
    deaf = [replace(one, where="other node") for one in ended if one.where == "without the bus"]
    assert judged(deaf, {"other node": 0.0})
