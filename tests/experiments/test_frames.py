"""X3 at its PR scale, and that it would have found what damaged frames break."""

import asyncio
from typing import get_args

import pytest
from structlog.testing import capture_logs

from protocols.from_client import FromClient
from tests.experiments.__main__ import main
from tests.experiments.frame_defects import SERVERS, SESSIONS
from tests.experiments.frames import in_process, on_wires
from tests.experiments.probes import MESSAGES
from tests.experiments.registry import Request


def some(count: int) -> Request:
    return Request(scale="pr", count=count, seed=1, workers=1)


@pytest.mark.timeout(300)
def test_x3_is_broken_by_no_frame(capsys, tmp_path):
    code = main(["X3", "--ledger", str(tmp_path / "ledger.json")])

    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("X3 fuzzed frames: 205000 frames, ")
    assert said.endswith(" 5125 connections, 0 faults\n")
    # Frames that are all refused at once would test the decoder and nothing behind it.
    assert int(said.split(", ")[1].split()[0]) > 10_000


def test_every_message_is_damaged():
    assert {str(each.__struct_config__.tag) for each in get_args(FromClient)} == set(MESSAGES)


@pytest.mark.parametrize("name", SESSIONS)
def test_x3_finds_a_session_that_breaks(name: str):
    made_of, wanted = SESSIONS[name]

    found, _ = asyncio.run(in_process(some(60), made_of()))

    assert [each.trouble for each in found if wanted in each.trouble], found[:5]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", SERVERS)
def test_x3_finds_a_server_that_breaks(name: str):
    made_of, wanted = SERVERS[name]

    with capture_logs():
        found = asyncio.run(on_wires(some(40), 40, made_of()))

    assert [each.trouble for each in found if wanted in each.trouble], found[:5]
