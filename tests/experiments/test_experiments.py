"""The command that publishes: one closing line, an exit code, and an entry in the ledger."""

import asyncio
from collections.abc import Callable

import pytest

from tests.experiments.__main__ import EXPERIMENTS, main
from tests.experiments.hostile import played
from tests.experiments.ledger import LEDGER, read
from tests.experiments.picture_defects import DEFECTS
from tests.experiments.pictures import FAMILIES
from tests.experiments.registry import Experiment, Finding, Request, Result


def an_experiment(*findings: Finding) -> Callable[[Request], Result]:
    def run(request: Request) -> Result:
        return Result(counts={"trials": request.count}, bad="surprises", findings=findings)

    return run


def enter(monkeypatch, *findings: Finding) -> None:
    experiment = Experiment(
        name="X0", title="nothing", counts={"pr": 2, "release": 9}, run=an_experiment(*findings)
    )
    monkeypatch.setitem(EXPERIMENTS, "X0", experiment)


def test_x1_plays_schedules_and_prints_exactly_one_closing_line(capsys, tmp_path):
    words = ["X1", "--count", "3", "--seed", "40", "--workers", "1"]

    code = main([*words, "--ledger", str(tmp_path / "ledger.json")])

    assert code == 0
    assert capsys.readouterr().out == "X1 schedules: 3 schedules, 480 ops, 0 divergences\n"


def test_x1_spreads_over_workers_and_counts_the_same(capsys):
    code = main(["X1", "--count", "4", "--seed", "40", "--workers", "2"])

    assert code == 0
    assert capsys.readouterr().out == "X1 schedules: 4 schedules, 640 ops, 0 divergences\n"


def test_the_scales_are_the_published_ones():
    assert EXPERIMENTS["X1"].counts == {"pr": 2_000, "release": 100_000}
    assert EXPERIMENTS["X10"].counts == {"pr": 100, "release": 500}


def test_a_finding_is_printed_with_how_to_repeat_it_and_fails_the_command(
    capsys, monkeypatch, tmp_path
):
    enter(monkeypatch, Finding(12, "Divergence: anna board"))

    code = main(["X0", "--seed", "11", "--ledger", str(tmp_path / "ledger.json")])

    assert code == 1
    assert capsys.readouterr().out.splitlines() == [
        "seed 12: Divergence: anna board",
        "  repeat with: python -m tests.experiments X0 --seed 12 --count 1",
        "X0 nothing: 2 trials, 1 surprises",
    ]


def test_a_run_at_a_scale_is_entered_behind_the_earlier_ones(monkeypatch, tmp_path):
    enter(monkeypatch, Finding(5, "oh"))
    ledger = tmp_path / "ledger.json"

    main(["X0", "--seed", "1", "--ledger", str(ledger)])
    main(["X0", "--seed", "4", "--scale", "release", "--ledger", str(ledger)])

    first, second = read(ledger)
    assert (first.scale, first.first_seed, first.counts) == ("pr", 1, {"trials": 2})
    assert (second.scale, second.found, second.failing_seeds) == ("release", 1, [5])
    assert second.commit
    assert second.cpus >= 1


@pytest.mark.parametrize("words", [["--count", "2"], ["--no-ledger"]])
def test_a_trial_run_is_not_entered(words, monkeypatch, tmp_path):
    enter(monkeypatch)
    ledger = tmp_path / "ledger.json"

    main(["X0", *words, "--ledger", str(ledger)])

    assert not ledger.exists()


def test_what_is_published_was_found_clean():
    entries = read(LEDGER)

    assert any(each.experiment == "X1" and each.counts["schedules"] >= 2_000 for each in entries)
    assert entries[-1].found == 0


@pytest.mark.timeout(300)
def test_x10_keeps_nothing_of_a_hundred_hostile_pictures(capsys, tmp_path):
    code = main(["X10", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("X10 hostile images: 100 images, ")
    assert said.endswith(" 0 stored raw, 0 crashes\n")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", DEFECTS)
def test_x10_finds_a_bug_that_is_put_in(name: str):
    made_of, wanted = DEFECTS[name]
    made = made_of()
    request = Request(scale="pr", count=len(FAMILIES), seed=1, workers=2)

    result = asyncio.run(played(request, made))
    for process in getattr(made.cleaner, "left", ()):
        process.kill()
        process.wait()

    assert [each.what for each in result.findings if wanted in each.what], result.findings


@pytest.mark.timeout(120)
def test_x10_counts_what_is_kept_as_it_came():
    request = Request(scale="pr", count=len(FAMILIES), seed=1, workers=2)

    result = asyncio.run(played(request, DEFECTS["keeps what came in"][0]()))

    assert result.counts["stored raw"] >= len(FAMILIES) // 2
    assert len(result.findings) >= result.counts["stored raw"]
