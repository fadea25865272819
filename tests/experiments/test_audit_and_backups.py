"""X11 and X13 at the size of a pull request, and the bugs that they have to see."""

import asyncio
import re

import pytest

from tests.experiments.__main__ import EXPERIMENTS, main
from tests.experiments.audit import played as audited
from tests.experiments.audit_copies import FAMILIES
from tests.experiments.audit_defects import BLIND
from tests.experiments.backup_defects import BROKEN
from tests.experiments.backups import played as backed_up
from tests.experiments.registry import Request


def test_the_scales_of_audit_and_backups_are_the_published_ones():
    assert EXPERIMENTS["X11"].counts == {"pr": 2_000, "release": 20_000}
    assert EXPERIMENTS["X13"].counts == {"pr": 5, "release": 100}


@pytest.mark.timeout(300)
def test_x11_notices_two_thousand_changes(capsys, tmp_path):
    code = main(["X11", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert (code, said) == (0, "X11 audit: 2000 copies, 2000 detected, 0 unnoticed\n")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", BLIND)
def test_x11_finds_a_verifier_that_does_not_look(name: str):
    watch, family = BLIND[name]
    request = Request(scale="pr", count=4 * len(FAMILIES), seed=1, workers=1)

    result = asyncio.run(audited(request, watch))

    assert [each.what for each in result.findings if family in each.what], result.findings


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_x13_loses_nothing_in_five_backups(capsys, tmp_path):
    code = main(["X13", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert re.fullmatch(
        r"X13 backups under load: 5 backups, \d+ rows, \d+ commands meanwhile, 0 losses\n", said
    )


@pytest.mark.postgres
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", BROKEN)
def test_x13_finds_a_backup_that_is_none(name: str):
    tools, seed, words = BROKEN[name]

    result = backed_up(Request(scale="pr", count=1, seed=seed, workers=1), tools)

    assert [each.what for each in result.findings if re.search(words, each.what)], result.findings
