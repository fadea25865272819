"""X8: nobody misses a change when a node is killed, and whoever did would be noticed."""

import asyncio
import re
from collections.abc import Callable

import pytest
import uvloop
from msgspec.structs import replace

from tests.experiments.__main__ import EXPERIMENTS
from tests.experiments.heard import (
    Begun,
    Came,
    Ended,
    Heard,
    Lost,
    Made,
    Part,
    Place,
    Resumed,
    Told,
    Truth,
    anomalies,
)
from tests.experiments.registry import Request
from tests.experiments.screens import Screen
from tests.experiments.storm import played


def at(sequence: int, nonce: int | None = None, epoch: int = 1) -> Place:
    return Place(epoch, sequence, 1_000 + sequence if nonce is None else nonce)


def a_truth() -> Truth:
    """Two orders, both at version 1 with row 10; four changes after it."""
    made = [Made(11, "o-1", 2), Made(12, "o-2", 2), Made(13, "o-1", 3), Made(14, "o-1", 4)]
    return Truth(first=10, head=at(14), made=made, last={"o-1": 4, "o-2": 2})


def who_was_there() -> list[Heard]:
    """It was on the other node, and heard everything as it happened."""
    return [
        Came(None),
        Begun(at(10)),
        Part(10, {"o-1": 1, "o-2": 1}),
        Ended(),
        Told(10, at(11), {"o-1": 2}),
        Told(11, at(12), {"o-2": 2}),
        Told(12, at(13), {"o-1": 3}),
        Told(13, at(14), {"o-1": 4}),
    ]


def who_came_back() -> list[Heard]:
    """It lost the node after row 11, was refused once, and resumed with one conflated frame."""
    before = who_was_there()[:5]
    turned_away = [Lost(), Came(at(11)), Lost()]
    rest = [Came(at(11)), Resumed(), Told(11, at(13), {"o-2": 2, "o-1": 3})]
    return [*before, *turned_away, *rest, Told(13, at(14), {"o-1": 4})]


def who_began_anew() -> list[Heard]:
    """It lost the node and got a snapshot, with a frame between the parts."""
    parts = [Part(12, {"o-1": 2}), Told(12, at(13), {"o-1": 3}), Part(13, {"o-2": 2}), Ended()]
    snapshot = [Came(at(11)), Begun(at(12)), *parts]
    return [*who_was_there()[:5], Lost(), *snapshot, Told(13, at(14), {"o-1": 4})]


def who_stood_in_the_middle() -> list[Heard]:
    """The other node cut its frames elsewhere: one begins before the cursor (CH61)."""
    rest = [Came(at(11)), Resumed(), Told(10, at(14), {"o-2": 2, "o-1": 4})]
    return [*who_was_there()[:5], Lost(), *rest]


def test_whoever_was_told_everything_once_is_no_anomaly():
    screens = [who_was_there(), who_came_back(), who_began_anew(), who_stood_in_the_middle()]

    assert anomalies(a_truth(), screens) == []


def _without(index: int) -> Callable[[list[Heard]], list[Heard]]:
    return lambda heard: [each for place, each in enumerate(heard) if place != index]


def _with(index: int, *others: Heard) -> Callable[[list[Heard]], list[Heard]]:
    return lambda heard: [*heard[:index], *others, *heard[index + 1 :]]


_BACK = 10
"""Where `who_came_back` is told what it missed."""


@pytest.mark.parametrize(
    ("bug", "says"),
    [
        (_without(_BACK), "a gap: stood at 11 and was told what came after 13"),
        (_with(_BACK, Told(11, at(13), {"o-1": 3})), "told {} too much and {'o-2': 2} too little"),
        (_with(_BACK, Told(11, at(13), {"o-2": 3, "o-1": 3})), "told {'o-2': 3} too much"),
        (
            _with(_BACK, Told(11, at(13), {"o-2": 2, "o-1": 3}), Told(11, at(13), {"o-1": 3})),
            "stood at 13 and was told up to 13 again",
        ),
        (_with(_BACK, Told(11, at(13, nonce=5), {"o-2": 2, "o-1": 3})), "has the nonce 5"),
        (_with(_BACK, Told(11, at(13, epoch=2), {"o-2": 2, "o-1": 3})), "from epoch 1 to 2"),
        (_without(_BACK - 1), "before it was told where it stands"),
        (lambda heard: heard[:-4], "never came back"),
        (lambda heard: heard[:-3], "never came back"),
        (lambda heard: heard[:-1], "stands at"),
        (_with(2, Part(10, {"o-1": 1})), "was told of o-2, which it never had"),
        (
            lambda heard: [*heard, Came(None), Begun(at(14)), Part(14, {"o-1": 4})],
            "never was whole",
        ),
        (
            lambda heard: [*heard, Came(None), Begun(at(12)), Part(12, {"o-1": 2}), Ended()],
            "for who had been at 14",
        ),
        (
            lambda heard: [*heard, Came(None), Begun(at(14)), Part(14, {"o-1": 3}), Ended()],
            "shows o-1 at version 3 instead of 4",
        ),
        (lambda heard: [*heard[:-4], Came(None), Resumed()], "it held nothing whole"),
    ],
)
def test_a_screen_that_cannot_have_been_is_noticed(bug, says):
    screens = [who_was_there(), bug(who_came_back())]

    found = anomalies(a_truth(), screens)

    assert len(found) == 1
    assert found[0].startswith("screen 1: ")
    assert says in found[0]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda made: made[1:], "row 11 was made and acknowledged to nobody"),
        (lambda made: [*made, made[0]], "row 11 was acknowledged 2 times"),
        (lambda made: [*made, Made(15, "o-1", 5)], "row 15 was acknowledged and is lost"),
    ],
)
def test_a_journal_that_its_writers_cannot_explain_is_noticed(made, says):
    truth = a_truth()
    truth = replace(truth, made=made(truth.made))

    assert says in anomalies(truth, [])


class Careless(Screen):
    """Comes back late, and says that it stands where others are: what it missed it never hears."""

    async def rest(self, seconds):
        await super().rest(seconds)
        stood = self._around.newest
        for _ in range(200):
            if self._around.newest > stood + 1:
                return
            await asyncio.sleep(0.05)

    def cursor(self):
        return super().cursor() and self._around.newest_place


def who(at, token, around):
    """Of each hundred one is careless, on either node."""
    return (Careless if at % 101 == 7 else Screen)(at, token, around)


def test_the_scales_of_x8_are_the_published_ones():
    assert EXPERIMENTS["X8"].counts == {"pr": 1_000, "release": 10_000}


@pytest.mark.system
@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("bench")
def test_x8_finds_who_resumes_from_where_it_never_was_and_nobody_else():
    count = EXPERIMENTS["X8"].counts["pr"]
    request = Request(scale="pr", count=count, seed=1, workers=1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(played(request, who))

    # One play for both; the closing line and the ledger are X8's by command.
    assert result.counts["lost"] >= count / 4
    assert result.counts["changes"] > 0
    assert result.findings
    for each in result.findings:
        found = re.fullmatch(r"screen (\d+): a gap: stood at .*", each.what)
        assert found is not None, each
        assert int(found[1]) % 101 == 7, each
