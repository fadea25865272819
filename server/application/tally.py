"""What happened in one journal on this node, as plain counts; read only when somebody asks."""

from bisect import bisect_left
from collections import Counter
from typing import Literal, get_args

from server.application.verdict import Denied, Verdict

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the classes of a timing, in seconds; one more class holds what took longer."""

Stage = Literal["queue", "decide", "commit", "announce", "frame_wait", "write"]
"""The way of a command. queue: until its batch began · decide: its batch was judged · commit: and
made durable · announce: images, channels and other nodes were told · frame_wait: a channel waited
for its tick · write: one frame was encoded and handed to all sockets of the channel."""

STAGES: tuple[Stage, ...] = get_args(Stage)


class Timing:
    """How long something took, in classes."""

    __slots__ = ("classes", "seconds")

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.classes = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def took(self, seconds: float, times: int = 1) -> None:
        """It happened so many times, and took so long each time."""
        self.classes[bisect_left(BOUNDS, seconds)] += times
        self.seconds += seconds * times

    @property
    def count(self) -> int:
        """How many times it happened."""
        return sum(self.classes)

    def add(self, other: "Timing") -> None:
        """Count what the other counted too."""
        self.classes = [a + b for a, b in zip(self.classes, other.classes, strict=True)]
        self.seconds += other.seconds

    def quantile(self, share: float) -> float | None:
        """The end of the class that holds this quantile, in seconds; None when nothing happened.

        What took longer than the last bound is told as that bound.
        """
        left = share * self.count
        if not left:
            return None
        for bound, count in zip(BOUNDS, self.classes, strict=False):
            left -= count
            if left <= 0:
                return bound
        return BOUNDS[-1]


class Tally:
    """Counts of one journal. Every journal has its own, so that an owner sees only their own."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.stages: dict[Stage, Timing] = {stage: Timing() for stage in STAGES}
        self.verdicts: Counter[str] = Counter()
        """`changed`, `unchanged`, or the code of the rejection."""
        self.resyncs: Counter[str] = Counter()
        """By cause."""
        self.frames: Counter[str] = Counter()
        """By kind of channel."""
        self.catch_ups: Counter[str] = Counter()
        """`beat`: a hint was lost · `hint`: it did not continue what we have · `race`: another
        node was first."""
        self.conflated = 0
        """Readers that were behind and got one frame for many."""
        self.snapshots = 0

    def answered(self, verdict: Verdict) -> None:
        """A verdict is durable."""
        if isinstance(verdict, Denied):
            self.verdicts[str(verdict.rejection.__struct_config__.tag)] += 1
        else:
            self.verdicts["changed" if verdict.changed else "unchanged"] += 1

    def add(self, other: "Tally") -> None:
        """Count what the other counted too."""
        for stage, timing in self.stages.items():
            timing.add(other.stages[stage])
        self.verdicts.update(other.verdicts)
        self.resyncs.update(other.resyncs)
        self.frames.update(other.frames)
        self.catch_ups.update(other.catch_ups)
        self.conflated += other.conflated
        self.snapshots += other.snapshots
