"""The golden conversations are what the real feed says, byte for byte. [P11]"""

import pytest

from tests.protocols.record import FOLDER, main, recordings, stale
from tests.protocols.recordings import SCRIPTS, record


@pytest.mark.asyncio
async def test_recording_again_gives_the_same_bytes():
    assert stale(await recordings()) == []


@pytest.mark.asyncio
async def test_no_recording_is_left_without_its_script():
    kept = {path.name for path in FOLDER.glob("recorded-*.json")}

    assert kept == {f"recorded-{name}.json" for name in SCRIPTS}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_recording_changes_something_after_its_snapshot(name):
    conversation = await record(name)

    frames = conversation["frames"]
    changes = [frame for frame in frames if frame["type"] == "changes" and frame["ops"]]
    assert changes
    assert frames[0]["type"] == "snapshot_begin"


@pytest.mark.asyncio
async def test_the_recordings_hold_every_message_of_a_channel():
    told = [frame for name in SCRIPTS for frame in (await record(name))["frames"]]

    types = {frame["type"] for frame in told}
    ops = {op["op"] for frame in told for op in frame.get("ops", ())}
    assert types == {"snapshot_begin", "snapshot_chunk", "snapshot_end", "changes", "resync"}
    assert ops == {"put", "patch", "remove"}
    assert any(frame.get("preview") for frame in told)


def test_a_check_names_what_is_out_of_date(capsys):
    answer = main(["--check"])

    assert (answer, capsys.readouterr().out) == (0, "")
