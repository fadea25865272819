"""Reads the golden conversations of `protocols/fixtures/`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from kanvoy_client._wire.from_server import Put, SnapshotBegin, SnapshotChunk, SnapshotEnd
from kanvoy_client._wire.views import View
from kanvoy_client._wire.vocabulary import Epoch, Nonce, Sequence, Version
from kanvoy_client.channel import Key, Told

FOLDER = Path(__file__).resolve().parents[3] / "protocols" / "fixtures"


@dataclass(frozen=True)
class Conversation:
    """One file, with the state before it as the frames that bring it about."""

    name: str
    channel: str
    before: list[Told]
    frames: list[str]
    expected: dict[str, Any]

    def items(self) -> dict[Key, tuple[Version, View]]:
        """The confirmed state expected at the end."""
        return _shown(self.expected["items"])


def conversations() -> list[Conversation]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> Conversation:
    written = json.loads(path.read_text())
    return Conversation(
        name=path.stem,
        channel=written["channel"],
        before=_before(written["channel"], written["snapshot_before"]),
        frames=[json.dumps(frame) for frame in written["frames"]],
        expected=written["expected_after"],
    )


def _before(channel: str, state: dict[str, Any] | None) -> list[Told]:
    if state is None:
        return []
    epoch, sequence = Epoch(state["epoch"]), Sequence(state["sequence"])
    items = [msgspec.convert({"op": "put", **item}, Put) for item in state["items"]]
    return [
        SnapshotBegin(
            channel=channel, epoch=epoch, sequence=sequence, nonce=Nonce(state["nonce"]), chunks=1
        ),
        SnapshotChunk(channel=channel, epoch=epoch, index=0, cut=sequence, items=items),
        SnapshotEnd(channel=channel, epoch=epoch),
    ]


def _shown(items: list[dict[str, Any]]) -> dict[Key, tuple[Version, View]]:
    puts = [msgspec.convert({"op": "put", **item}, Put) for item in items]
    return {Key(put.kind, put.id): (put.version, put.view) for put in puts}
