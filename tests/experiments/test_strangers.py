"""X5 at its PR scale, and that it would have found a wall that is missing."""

import asyncio

import pytest
from litestar import get

from tests.experiments.__main__ import main
from tests.experiments.houses import AUDIENCES
from tests.experiments.probes import missing
from tests.experiments.registry import Request
from tests.experiments.stranger_defects import DEFECTS
from tests.experiments.strangers import played, probes
from tests.support.site import a_site

ONE = Request(scale="pr", count=1, seed=1, workers=1)


@pytest.mark.timeout(300)
def test_x5_asks_for_everything_of_another_tenant_and_gets_nothing(capsys, tmp_path):
    code = main(["X5", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("X5 cross-tenant: ")
    assert said.endswith(" 0 leaks\n")
    asked, served = (int(part.split()[0]) for part in said.split(": ")[1].split(", ")[:2])
    assert asked >= 5_000
    assert served >= 400


def test_every_audience_asks_for_what_is_foreign():
    found = {(each.audience, each.whose) for each in probes(1)}

    assert found >= {(audience, "foreign") for audience in AUDIENCES}
    assert {whose for _, whose in found} == {"own", "foreign", "mixed", "smuggled"}


@pytest.mark.asyncio
async def test_a_route_without_a_specification_is_a_finding():
    @get("/v1/everything", sync_to_thread=False)
    def everything() -> str:
        return "here"

    site = await a_site()
    before = missing(site.app)
    site.app.register(everything)

    assert before == []
    assert missing(site.app) == ["no probe for the route GET /v1/everything"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", DEFECTS)
def test_x5_finds_a_wall_that_is_missing(name: str):
    made_of, wanted = DEFECTS[name]

    result = asyncio.run(played(ONE, made_of()))

    assert [each.what for each in result.findings if wanted in each.what], result.findings[:5]
