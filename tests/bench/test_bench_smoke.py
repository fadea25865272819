"""Every bench runs at a tiny scale and tells all its figures and goals. No time is asserted."""

import json
import os
import subprocess
import sys

import msgspec
import pytest

from tests.bench.processes import ROOT
from tests.bench.report import Report

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.xdist_group("bench")]

_GOALS = {
    "fanout": 11,
    "snapshot": 3,
    "latency": 4,
    "commands": 16,
    "board": 4,
    "planner": 12,
}
_ON_REQUEST = {"tenants": 4, "idle": 3, "storm": 3, "backup": 3, "flood": 6, "resume": 3}
"""They share servers and loads with those above: the suite has 25 minutes for everything."""

if os.environ.get("KANVOY_ALL_BENCHES"):
    _GOALS |= _ON_REQUEST
_NEEDS = {
    "commands": pytest.mark.postgres,
    "backup": pytest.mark.postgres,
    "board": pytest.mark.browser,
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=_NEEDS.get(name, ())) for name in _GOALS]
)
def test_a_bench_tells_all_its_goals_as_one_object(name: str) -> None:
    command = [sys.executable, "-m", "tests.bench", name, "--json", "--scale", "tiny"]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=220, check=False
    )

    assert done.returncode == 0, done.stderr[-2_000:]
    report = msgspec.convert(json.loads(done.stdout), Report)
    assert report.name == name
    assert len(report.goals) == _GOALS[name]
    # A goal beside an absent peer has no value, and the figures say why it is absent.
    absent = [name.partition(":")[0] for name in report.figures if name.endswith(": skipped")]
    assert all(
        goal.value is not None or any(peer in goal.name for peer in absent) for goal in report.goals
    )
    assert report.figures
    assert report.machine["cores"]
