"""X6 at its PR scale, and that it would have found a tenant that hears of another."""

import pytest

from tests.experiments.__main__ import main
from tests.experiments.neighbour_defects import DEFECTS
from tests.experiments.neighbours import played
from tests.experiments.registry import Request


@pytest.mark.timeout(120)
def test_x6_no_byte_tells_of_a_busy_neighbour(capsys, tmp_path):
    code = main(["X6", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("X6 neighbours: 20 runs, ")
    assert said.endswith(" frames, 0 differences\n")
    assert int(said.split(", ")[1].split()[0]) > 1_000


@pytest.mark.parametrize("name", DEFECTS)
def test_x6_finds_a_tenant_that_hears_of_another(name: str):
    made_of, wanted = DEFECTS[name]

    result = played(Request(scale="pr", count=2, seed=1, workers=1), made_of())

    assert [each.what for each in result.findings if wanted in each.what], result.findings
