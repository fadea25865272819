import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "watch_board.py"


@pytest.mark.parametrize(
    ("page", "socket"),
    [
        ("https://board.example", "wss://board.example/v1/realtime"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/v1/realtime"),
    ],
)
def test_the_example_finds_the_socket_of_a_page(page, socket):
    example = runpy.run_path(str(EXAMPLE))

    assert example["socket_address"](page) == socket
