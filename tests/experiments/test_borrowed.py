"""X15 as a whole, and that it would have found a door left open."""

import asyncio

import pytest

from tests.experiments.__main__ import main
from tests.experiments.asked import Ask, ask
from tests.experiments.borrowed import FOREIGN, SPOOFED, Probes, played
from tests.experiments.borrowed_defects import DEFECTS
from tests.experiments.houses import AUDIENCES, a_house
from tests.experiments.registry import Request
from tests.support.rules import rule
from tests.support.site import OURS

ONE = Request(scale="pr", count=1, seed=1, workers=1)


@pytest.mark.timeout(120)
def test_x15_lets_no_borrowed_right_in(capsys, tmp_path):
    code = main(["X15", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said == "X15 borrowed rights: 463 origin, 1004 ticket, 40 proxy, 15 log, 0 accepted\n"


def test_there_are_as_many_spellings_as_promised():
    assert len({*FOREIGN}) >= 40
    assert len({*SPOOFED}) == 20
    assert (OURS,) not in FOREIGN


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", DEFECTS)
def test_x15_finds_a_door_left_open(name: str):
    made_of, wanted = DEFECTS[name]

    result = asyncio.run(played(ONE, made_of()))

    assert [each.what for each in result.findings if wanted in each.what], result.findings[:5]


@pytest.mark.asyncio
async def test_x15_finds_a_credential_in_the_log():
    async with a_house(None, "k7q-") as house:
        probes = Probes(house, 1)
        probes.log([{"event": "signed in", "token": probes.secrets[0]}])

    assert len(probes.findings) == 1
    assert probes.findings[0].what.startswith("log: ")


@pytest.mark.asyncio
@rule("DV17", "DV18")
async def test_every_audience_of_a_house_is_let_in_as_what_it_is():
    async with a_house(None, "k7q-") as house:
        asked = {
            who: await ask(
                house.site.app,
                Ask(method="GET", path="/v1/session", headers=house.credentials[who]),
            )
            for who in AUDIENCES
        }

    statuses = {who: answer.status for who, answer in asked.items()}
    assert statuses == {who: 401 if who == "anonymous" else 200 for who in AUDIENCES}
    assert b'"view_id":"hall"' in asked["display"].body
