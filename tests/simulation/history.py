"""P7 conflict soundness, judged from the journal alone: nobody overwrote what they had not seen.

Deliberately not the product's own conflict rule: it folds the rows again and asks, for every
group an accepted command changed, whether the one before it was known to the asker.
"""

from collections.abc import Mapping
from collections.abc import Sequence as Series
from typing import Any

from protocols.vocabulary import AggregateId, FieldGroup
from server.application.ports import Row
from server.domain.orders.groups import touched
from server.domain.records import RecordSaved

COMMUTING = (
    "labels",
    "notes",
    "rank",
    "life",
    "line:",
    "hold",
    "review",
    "proposal:",
    "stop:",
)
"""Groups whose changes merge, always win, or are guarded by a rule of their own."""


def unsound(rows: Series[Row], asked: Mapping[tuple[str, int], Any]) -> str | None:
    """The first lost update of a history; None when there is none.

    `asked` maps (client, number) to what the client sent. Undo, bulk and creation have rules of
    their own and are judged by theirs.
    """
    last: dict[tuple[AggregateId, FieldGroup], Row] = {}
    for row in rows:
        submit = asked.get((str(row.client_id), row.number or 0))
        for group in _groups(row):
            before = last.get((row.aggregate_id, group))
            if submit is not None and before is not None and _is_judged(submit, group, row):
                known = max(submit.base_groups.get(group, submit.base_version), submit.over)
                if before.version > known and not _is_own(submit, row, before):
                    kind = submit.command.__struct_config__.tag
                    return (
                        f"row {row.sequence}: {kind} of {row.actor_name} saw {known} and"
                        f" overwrote {group} of version {before.version}"
                    )
            last[row.aggregate_id, group] = row
    return None


def _groups(row: Row) -> list[FieldGroup]:
    """What the row wrote, each once: taking pieces from several deliveries is one change."""
    written = (g for e in row.events if not isinstance(e, RecordSaved) for g in touched(e))
    return [*dict.fromkeys(written)]


def _is_own(submit: Any, row: Row, before: Row) -> bool:
    """Whether what was overwritten is a command that this one said it builds on."""
    return before.client_id == row.client_id and before.number in submit.depends_on


def _is_judged(submit: Any, group: FieldGroup, row: Row) -> bool:
    kind = submit.command.__struct_config__.tag
    # What happened is not judged by what was seen, but by who held the delivery: by its epoch.
    if hasattr(submit.command, "epoch") and kind != "assign_driver":
        return False
    if kind in ("undo", "run_bulk", "create_order", "copy_order", "restore_order"):
        return False
    if group.startswith(COMMUTING) or row.version == 1:
        return False
    return not _is_guarded(kind, group)


def _is_guarded(kind: str, group: FieldGroup) -> bool:
    """Moves and assignments name what they saw instead of a version."""
    return (kind in ("move_order", "cancel_order") and group == "stage") or (
        kind in ("assign_driver", "hold_order", "cancel_order") and group.startswith("assignment:")
    )
