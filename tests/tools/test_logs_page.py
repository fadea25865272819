"""docs/operations/logs.md tells of every security event, with its fields and its level."""

import logging
import re
from typing import get_args

import msgspec

from server.telemetry.security import SecurityEvent, level_of
from tools.gate import ROOT

PAGE = (ROOT / "docs" / "operations" / "logs.md").read_text()

EVENTS = {event.__struct_config__.tag: event for event in get_args(SecurityEvent)}

COMMON = ("address", "tenant_id", "person_id", "device_id")

_ROW = re.compile(
    r"^\| `([a-z_]+)` \| (info|warning|error) \| ([^|]*)\| (\S[^|]*) \|$", re.MULTILINE
)


def rows() -> dict[str, tuple[str, set[str], str]]:
    """Event → its level, its own fields and what to do, of the table of the security log."""
    table = PAGE[PAGE.index("## The security log") :]
    return {
        name: (level, set(re.findall(r"`([a-z_]+)`", fields)), advice)
        for name, level, fields, advice in _ROW.findall(table)
    }


def test_every_event_stands_in_the_table_and_no_other():
    assert list(rows()) == list(EVENTS)


def test_every_event_is_told_with_its_own_fields():
    documented = {name: fields for name, (_, fields, _) in rows().items()}

    assert documented == {
        name: {field.name for field in msgspec.structs.fields(event)} - set(COMMON)
        for name, event in EVENTS.items()
    }


def test_every_event_is_told_with_its_level():
    documented = {name: level for name, (level, _, _) in rows().items()}

    levels = {name: level_of(event) for name, event in EVENTS.items()}
    assert documented == {
        name: logging.getLevelName(level).lower() for name, level in levels.items()
    }


def test_no_field_of_an_event_would_be_blanked():
    secret = re.compile(r"password|token|cookie|authorization|csrf|secret", re.IGNORECASE)

    fields = {field.name for event in EVENTS.values() for field in msgspec.structs.fields(event)}
    assert not [field for field in fields if secret.search(field)]
