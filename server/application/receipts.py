"""Which numbers of a client are answered already, so that a resend is harmless."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Series

from protocols.vocabulary import ClientId, Number, TenantId
from server.application.ports import Store, StoredVerdict
from server.application.submission import Submission
from server.application.verdict import Verdict

Key = tuple[ClientId, Number]

_REMEMBERED = 4_096
"""Recent verdicts, and clients, kept in memory per journal; others are read back from the store."""


class Receipts:
    """Last numbers and recent verdicts of one journal's clients.

    A cache only: the store fences every number by its client's last one. `forget` after any
    doubt makes the next batch read the truth.
    """

    def __init__(self, store: Store, tenant_id: TenantId) -> None:
        """Know nothing yet."""
        self._store = store
        self._tenant_id = tenant_id
        self._last: OrderedDict[ClientId, Number] = OrderedDict()
        self._recent: OrderedDict[Key, Verdict] = OrderedDict()

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._last)

    async def refresh(self, client_id: ClientId) -> Number:
        """The client's last answered number as the store has it, remembered from here on."""
        last = await self._store.last_number(self._tenant_id, client_id)
        self._note(client_id, max(last, self._last.get(client_id, Number(0))))
        return self._last[client_id]

    async def known(self, submissions: Series[Submission]) -> "Known":
        """What a batch needs: last numbers, and verdicts of resends and of dependencies."""
        first: dict[ClientId, Number] = {}
        for submission in submissions:
            first.setdefault(submission.client_id, submission.number)
        last = {client_id: await self._last_below(client_id, n) for client_id, n in first.items()}
        verdicts: dict[Key, Verdict] = {}
        for client_id, numbers in _wanted(submissions, last).items():
            for number in numbers:
                if (client_id, number) in self._recent:
                    verdicts[client_id, number] = self._recent[client_id, number]
            missing = [n for n in numbers if (client_id, n) not in verdicts]
            if missing:
                found = await self._store.verdicts(self._tenant_id, client_id, missing)
                verdicts.update({(client_id, n): v for n, v in found.items()})
        return Known(last, verdicts)

    def remember(self, verdicts: Iterable[StoredVerdict]) -> None:
        """These verdicts are durable now."""
        for stored in verdicts:
            self._note(stored.client_id, stored.number)
            self._recent[stored.client_id, stored.number] = stored.verdict
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def forget(self) -> None:
        """Something else may have answered meanwhile: trust only the store."""
        self._last.clear()
        self._recent.clear()

    async def _last_below(self, client_id: ClientId, number: Number) -> Number:
        """The last number of a client that sends this one. A gap is looked up, not believed."""
        known = self._last.get(client_id)
        # RC21: another node may have answered what lies between
        if known is None or number > known + 1:
            return await self.refresh(client_id)
        return known

    def _note(self, client_id: ClientId, number: Number) -> None:
        self._last[client_id] = number
        self._last.move_to_end(client_id)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)


def _wanted(
    submissions: Series[Submission], last: Mapping[ClientId, Number]
) -> dict[ClientId, list[Number]]:
    """The numbers whose verdicts a batch looks at, by client."""
    wanted: dict[ClientId, list[Number]] = {}
    for submission in submissions:
        answered = last[submission.client_id]
        numbers = [n for n in submission.depends_on if n <= answered]
        if submission.number <= answered:
            numbers.append(submission.number)
        if numbers:
            wanted.setdefault(submission.client_id, []).extend(numbers)
    return wanted


class Known:
    """The numbers answered before and within one batch."""

    def __init__(self, last: dict[ClientId, Number], verdicts: dict[Key, Verdict]) -> None:
        """Start from what was answered before the batch."""
        self._last = last
        self._verdicts = verdicts

    def last(self, client_id: ClientId) -> Number:
        """The client's highest answered number."""
        return self._last[client_id]

    def verdict(self, client_id: ClientId, number: Number) -> Verdict | None:
        """The answer to a number, unless it was never given or is no longer kept."""
        return self._verdicts.get((client_id, number))

    def add(self, client_id: ClientId, verdict: Verdict) -> None:
        """The batch answered this number."""
        self._last[client_id] = verdict.number
        self._verdicts[client_id, verdict.number] = verdict
