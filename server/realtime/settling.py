"""What one client says it has safe, stored one acknowledgement at a time. [FQ]"""

from collections.abc import Awaitable, Callable

from protocols.vocabulary import Number
from server.application.ports import StorageBusy

Store = Callable[[Number], Awaitable[None]]


class Settling:
    """Of many acknowledgements that come while one is stored, the highest stands for all.

    A client may repeat its last one a hundred times a second; each would be a write.
    """

    __slots__ = ("_reached", "_under_way")

    def __init__(self) -> None:
        """Nothing was acknowledged."""
        self._reached = Number(0)
        self._under_way = False

    def reach(self, number: Number) -> bool:
        """The client has everything up to here. Answers whether `settle` must be started."""
        # FQ9
        if number <= self._reached:
            return False
        self._reached = number
        begins, self._under_way = not self._under_way, True
        return begins

    async def settle(self, store: Store) -> None:
        """Store what was reached, and what is reached until then.

        A storage that is busy ends it: verdicts are kept a little longer, and the next
        acknowledgement covers this one.
        """
        stored = Number(0)
        try:
            while stored < self._reached:
                upto = self._reached
                await store(upto)
                stored = upto
        except StorageBusy:
            return
        finally:
            self._under_way = False
