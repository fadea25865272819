"""From one version of a record to the next: each save replaces it as a whole."""

from msgspec.structs import replace

from protocols.vocabulary import Version
from server.domain.records import Record, RecordSaved


def evolve_record(events: tuple[RecordSaved, ...], version: Version) -> Record:
    """The record after all events of one journal row; what was before does not matter."""
    return replace(events[-1].record, version=version)
