"""What messages, events and states are made of."""

import msgspec


class Struct(msgspec.Struct, frozen=True, gc=False):
    """A value that the garbage collector does not look at.

    Frozen, so it refers only to what was there before it, and no cycle leads through it: whoever
    made it fills none of its lists and dicts afterwards. 20,000 orders in memory are 800 instead
    of 87,000 objects for the collector, and a full collection over them takes 1 instead of 63 ms
    (2026-11). For what holds a callable or anything that changes, take msgspec's own.
    """
