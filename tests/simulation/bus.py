"""A fan-out that loses, doubles and delays."""

import asyncio
import random

from server.application.ports import News
from server.realtime.fanout_memory import MemoryBus, MemoryFanout


class LossyBus(MemoryBus):
    """Hints arrive after a while, in any order, twice, or never."""

    def __init__(self, chance: random.Random, loss: float) -> None:
        """Lose this share of all hints."""
        super().__init__()
        self._chance = chance
        self.loss = loss

    def carry(self, sender: MemoryFanout, news: News) -> None:
        """Bring the hint to the other nodes, or not."""
        loop = asyncio.get_running_loop()
        for fanout in tuple(self._fanouts):
            if fanout is sender:
                continue
            for _ in range(self._times()):
                loop.call_later(self._chance.random() * 0.2, fanout.hear, news)

    def leave(self, fanout: MemoryFanout) -> None:
        """The node is gone."""
        self._fanouts.pop(fanout, None)

    def _times(self) -> int:
        if self._chance.random() < self.loss:
            return 0
        return 2 if self._chance.random() < 0.1 else 1
