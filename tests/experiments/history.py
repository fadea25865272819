"""What clients saw of an installation, and whether one journal can explain it.

A black box: only what was asked, what was answered and what was shown, with the asker's clock. The
order's versions are the order of its writes, so one pass over them finds what a general checker of
histories searches for.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate

import msgspec


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was acknowledged as applied."""

    client: str
    number: int
    order_id: str
    version: int
    """That it made."""
    begun: float
    ended: float
    """Seconds of one clock: asked, and answered."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was refused as stale."""

    order_id: str
    base: int
    current: int
    """The version that the refusal names."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a client showed of an order at some moment; in the order of the moments."""

    client: str
    order_id: str
    version: int
    least: int = 0
    """The newest version that it made itself and whose place its screen had reached."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it was looked up over HTTP, on some node."""

    node: str
    order_id: str
    version: int
    begun: float
    ended: float
    """Seconds of the clock of `Written`: asked, and answered."""


class History(msgspec.Struct, kw_only=True):
    """Everything that was seen. `first` and `last` are the versions before and after it all."""

    first: dict[str, int]
    last: dict[str, int] = {}
    written: list[Written] = []
    refused: list[Refused] = []
    shown: list[Shown] = []
    reads: list[Read] = []
    unanswered: int = 0
    """Commands that never got a verdict although all faults had ended."""
    dropped: int = 0
    """Verdicts that the road kept back."""
    asked_again: int = 0
    """Commands whose verdict had been given and got lost."""
    faults: list[str] = []
    """What must not happen whatever breaks: a 5xx but 503, a client or a node that gave up."""


def anomalies(history: History) -> list[str]:
    """What one journal cannot explain, each with the order it is about."""
    found = [*_versions(history), *_real_time(history.written), *_backwards(history.shown)]
    found += [*_stale_reads(history), *_early_reads(history), *history.faults]
    found += [
        f"{each.order_id}: refused at {each.base} as stale, though it was at {each.current}"
        for each in history.refused
        if each.current <= each.base
    ]
    if history.unanswered:
        found.append(f"{history.unanswered} commands never got a verdict")
    return found


def _versions(history: History) -> Iterator[str]:
    """Each version was acknowledged once: a gap is a double effect or a stranger, two are a lie."""
    by_order: dict[str, Counter[int]] = defaultdict(Counter)
    for each in history.written:
        by_order[each.order_id][each.version] += 1
    for order_id, first in history.first.items():
        made, last = by_order[order_id], history.last[order_id]
        wanted = range(first + 1, last + 1)
        for version in wanted:
            if made[version] == 0:
                yield f"{order_id}: version {version} was made and acknowledged to nobody"
        for version, times in sorted(made.items()):
            if version not in wanted:
                yield f"{order_id}: version {version} was acknowledged and is lost"
            elif times > 1:
                yield f"{order_id}: version {version} was acknowledged {times} times"


def _real_time(written: Iterable[Written]) -> Iterator[str]:
    """What was answered before another was asked has the lower version."""
    by_order: dict[str, list[Written]] = defaultdict(list)
    for each in written:
        by_order[each.order_id].append(each)
    for order_id, writes in by_order.items():
        writes.sort(key=lambda each: -each.version)
        soonest = float("inf")
        for each in writes:
            if soonest < each.begun:
                yield f"{order_id}: version {each.version} was asked after a later one was answered"
            soonest = min(soonest, each.ended)


def _stale_reads(history: History) -> Iterator[str]:
    """A read shows what was answered to anybody, or read by anybody, before it was asked. [HT12]

    Stronger than never going back for one reader, and than reading one's own writes.
    """
    by_order: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for each in (*history.written, *history.reads):
        by_order[each.order_id].append((each.ended, each.version))
    known = {order_id: _newest_so_far(ends) for order_id, ends in by_order.items()}
    for read in history.reads:
        ends, newest = known[read.order_id]
        before = bisect_left(ends, read.begun)
        if before and newest[before - 1] > read.version:
            yield (
                f"{read.order_id}: {read.node} was asked when {newest[before - 1]} was known,"
                f" and showed {read.version}"
            )


def _newest_so_far(ends: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    ends.sort()
    return [end for end, _ in ends], list(accumulate((version for _, version in ends), max))


def _early_reads(history: History) -> Iterator[str]:
    """Nobody reads a version that was never made, or before it was asked for."""
    asked = {(each.order_id, each.version): each.begun for each in history.written}
    for read in history.reads:
        if read.version > history.last[read.order_id]:
            yield f"{read.order_id}: {read.node} showed {read.version}, which is lost"
        elif asked.get((read.order_id, read.version), 0.0) > read.ended:
            yield f"{read.order_id}: {read.node} showed {read.version} before it was asked for"


def _backwards(shown: Iterable[Shown]) -> Iterator[str]:
    """Nobody is shown an older order than before, nor than what they wrote themselves."""
    newest: dict[tuple[str, str], int] = {}
    for each in shown:
        if each.version < each.least:
            yield (
                f"{each.order_id}: {each.client} wrote {each.least} and was shown {each.version}"
            )
        place = (each.client, each.order_id)
        before = newest.get(place, 0)
        if each.version < before:
            yield f"{each.order_id}: {each.client} was shown {each.version} after {before}"
        newest[place] = max(before, each.version)
