"""What really happened, by the store's own commits: the judge of every screen."""

from typing import Any

import msgspec

from protocols.vocabulary import AggregateId, ClientId, Nonce, Number, TenantId, Version
from server.application.images import after_row
from server.application.ports import Aggregate, Batch, CommitOutcome, Committed, Head, Row
from server.realtime.projection import Look, projection
from tests.support.memory_store import MemoryStore

Shown = dict[AggregateId, bytes]
"""Aggregate id → its view as it is on the wire."""

Asking = tuple[ClientId | None, Number | None]
"""A client and the number of its command."""

as_bytes = msgspec.json.Encoder(order="deterministic").encode


class TruthfulStore(MemoryStore):
    """A store that remembers the state after every row it ever committed, also of lost branches."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with an empty history."""
        super().__init__(*args, **kwargs)
        self.states: dict[tuple[TenantId, Nonce], dict[AggregateId, Aggregate]] = {}
        self.lost = 0
        """Committed batches that a failover took back; refusals count, for they are answers."""
        self._looks: dict[str, Look] = {}
        self._expected: dict[tuple[TenantId, Nonce, str], Shown] = {}
        self._drawn: dict[tuple[int, str], bytes | None] = {}

    def rollback(self, tenant_id: TenantId, batches: int) -> None:
        """Lose committed batches; what was lost is no longer expected of anybody."""
        self.lost += min(batches, len(self._journals[tenant_id].past))
        super().rollback(tenant_id, batches)

    def power_cut(self, tenant_id: TenantId) -> None:
        """A process went down without warning. What was committed is there: nothing to do."""

    def place(self, tenant_id: TenantId) -> Head:
        """Where the journal stands."""
        return self._journals[tenant_id].head

    def version(self, tenant_id: TenantId, aggregate_id: AggregateId) -> Version:
        """How often the thing has changed; 0 when it is not there."""
        found = self._journals[tenant_id].aggregates.get(aggregate_id)
        return found.version if found is not None else Version(0)

    def written(self, tenant_id: TenantId) -> list[Row]:
        """The whole history, also what retention has trimmed, without what a failover lost."""
        return [row for batch in self._journals[tenant_id].past for row in batch.rows]

    def by_command(self, tenant_id: TenantId) -> dict[Asking, list[Row]]:
        """What each command wrote."""
        found: dict[Asking, list[Row]] = {}
        for row in self.written(tenant_id):
            found.setdefault((row.client_id, row.number), []).append(row)
        return found

    def expected(self, tenant_id: TenantId, nonce: Nonce, channel: str) -> Shown:
        """What the channel shows after the row with this nonce."""
        key = (tenant_id, nonce, channel)
        known = self._expected.get(key)
        if known is None:
            state = self.states.get((tenant_id, nonce), {})
            drawn = ((i, self._draw(aggregate, channel)) for i, aggregate in state.items())
            known = self._expected[key] = {i: view for i, view in drawn if view is not None}
        return known

    def _commit(self, batch: Batch) -> CommitOutcome:
        outcome = super()._commit(batch)
        if isinstance(outcome, Committed):
            self._remember(batch)
        return outcome

    def _remember(self, batch: Batch) -> None:
        state = self.states.get((batch.tenant_id, batch.base.nonce), {})
        for row in batch.rows:
            state = {**state, row.aggregate_id: after_row(state.get(row.aggregate_id), row)}
            self.states[batch.tenant_id, row.nonce] = state

    def _draw(self, aggregate: Aggregate, channel: str) -> bytes | None:
        # States keep the aggregates alive, so an id() is never used twice.
        key = (id(aggregate), channel)
        if key not in self._drawn:
            view = self._look(channel)(aggregate)
            self._drawn[key] = None if view is None else as_bytes(view)
        return self._drawn[key]

    def _look(self, channel: str) -> Look:
        look = self._looks.get(channel)
        if look is None:
            found = projection(channel)
            assert found is not None, channel
            look = self._looks[channel] = found.look
        return look


def explain(wanted: Shown, shown: Shown) -> str:
    """In which things and fields a screen is not what it must be."""
    missing = sorted(wanted.keys() - shown.keys())
    extra = sorted(shown.keys() - wanted.keys())
    other = {
        key: _fields(msgspec.json.decode(wanted[key]), msgspec.json.decode(shown[key]))
        for key in sorted(wanted.keys() & shown.keys())
        if wanted[key] != shown[key]
    }
    return f"missing {missing}, extra {extra}, different {other}"


def _fields(wanted: dict[str, Any], shown: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (wanted.get(name), shown.get(name))
        for name in sorted(wanted.keys() | shown.keys())
        if wanted.get(name) != shown.get(name)
    }
