"""Whom a page may ask for tiles: one origin, over TLS, and nothing that ends a word of a policy."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from protocols.fleet import SetDispatch
from protocols.rejections import Invalid, Problem
from server.domain.records import RecordSaved, SaveRecord
from server.domain.records_decide import decide_record, decide_save
from server.domain.tile_source import tile_origin, tile_problem
from tests.support.builders import a_world, accepted, asked, refused, some_settings
from tests.support.rules import rule

CASES = json.loads(
    (Path(__file__).parent.parent / "parity" / "tile_sources.json").read_text(encoding="utf-8")
)
"""The client's screen judges the same ones, before it asks: `tile_source.test.ts`."""


@rule("TS1")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["address"])
def test_an_address_is_one_of_tiles_or_of_a_style_over_tls_or_on_this_machine(case: dict):
    problem = tile_problem(case["address"])

    assert (problem and problem.rule) == case["rule"]
    assert tile_origin(case["address"]) == case["origin"]


@rule("TS1")
def test_settings_with_an_address_nobody_may_load_from_are_not_saved():
    before = some_settings()
    dispatch = {"acknowledge_seconds": 60, "service_seconds": 300}
    plain, safe = "http://tiles.example/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}/{y}.png"
    how = asked(base_version=before.version)

    refusal = refused(
        decide_record(before, SetDispatch(tile_url=plain, **dispatch), how, a_world())
    )
    seeded = refused(
        decide_save(before, SaveRecord(record=replace(before, tile_url=plain)), how, a_world())
    )
    (saved,) = accepted(
        decide_record(
            before,
            SetDispatch(tile_url=safe, tile_attribution="© Tilers", **dispatch),
            how,
            a_world(),
        )
    )

    assert refusal == seeded == Invalid(problems=(Problem(field="tile_url", rule="https"),))
    assert isinstance(saved, RecordSaved)
    assert (saved.record.tile_url, saved.record.tile_attribution) == (safe, "© Tilers")  # type: ignore[union-attr]
