"""X7 at its PR scale, and that it would have found a server that lets them stay."""

import asyncio

import pytest

from tests.experiments.__main__ import main
from tests.experiments.beset import KINDS, played
from tests.experiments.beset_defects import DEFECTS
from tests.experiments.registry import Request


@pytest.mark.timeout(120)
def test_x7_cuts_all_hostile_sockets_in_six_seconds(capsys, tmp_path):
    code = main(["X7", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("X7 hostile sockets: 300 hostile, 300 cut, 20 operators, ")
    assert said.endswith(" 0 held on\n")


@pytest.mark.waits
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", DEFECTS)
def test_x7_finds_a_server_that_lets_them_stay(name: str):
    made_of, wanted = DEFECTS[name]
    request = Request(scale="pr", count=len(KINDS), seed=1, workers=1)

    result = asyncio.run(played(request, made_of(), operators=1))

    assert [each.what for each in result.findings if wanted in each.what], result.findings
