"""What every end of a bus remembers: who listens, which tenants matter, and whether it is whole."""

from collections.abc import Callable

from protocols.vocabulary import TenantId
from server.application.ports import News

Receive = Callable[[News], None]


class Ears:
    """One node's side of a bus. What it hears of tenants that it does not follow is dropped."""

    def __init__(self, *, whole: bool) -> None:
        """Nobody listens yet."""
        self._receivers: dict[Receive, None] = {}
        self._attending: dict[Callable[[], None], None] = {}
        self._whole = whole
        self.followed: dict[TenantId, None] = {}

    @property
    def whole(self) -> bool:
        """See `Fanout`."""
        return self._whole

    def listen(self, receive: Receive) -> Callable[[], None]:
        """See `Fanout`."""
        self._receivers[receive] = None
        return lambda: self._receivers.pop(receive, None) and None

    def attend(self, changed: Callable[[], None]) -> Callable[[], None]:
        """See `Fanout`."""
        self._attending[changed] = None
        return lambda: self._attending.pop(changed, None) and None

    def hear(self, news: News) -> None:
        """News of another node arrived."""
        if news.tenant_id in self.followed:
            for receive in tuple(self._receivers):
                receive(news)

    def become(self, whole: bool) -> None:  # noqa: FBT001 - the one thing it is about
        """The others can be reached from now on, or can not."""
        if self._whole is not whole:
            self._whole = whole
            for changed in tuple(self._attending):
                changed()
