"""The tour of one move names what exists, in the right order."""

import pytest

from tools.check_trace import problems

DOCUMENT = """
| step | open | what happens |
| --- | --- | --- |
| 1 | `client/drag.ts::drop` | the gesture |
| 2 | `server/session.py::Session.receive` | the frame |
| 1′ | `client/drag.ts::Drag.settle` | the answer |
"""
DRAG = """
// One move, step 1 of 2 → server/session.py
export function drop(): void {}
class Drag {
  settle(answer: string): void {}
}
"""
SESSION = """
class Session:
    # One move, step 2 of 2: the end of the way
    def receive(self): ...
"""


@pytest.fixture
def house(repository, write):
    write("docs/ONE_MOVE.md", DOCUMENT)
    write("client/drag.ts", DRAG)
    write("server/session.py", SESSION)
    return repository


def test_a_true_tour_passes(house):
    assert problems(house) == []


def test_a_symbol_that_was_renamed_is_named(house, write):
    write("server/session.py", SESSION.replace("def receive", "def accept"))
    write("client/drag.ts", DRAG.replace("settle", "end"))

    assert problems(house) == [
        "docs/ONE_MOVE.md: server/session.py defines no Session.receive",
        "docs/ONE_MOVE.md: client/drag.ts defines no Drag.settle",
    ]


def test_a_comment_that_points_elsewhere_is_named(house, write):
    write("client/drag.ts", DRAG.replace("→ server/session.py", "→ server/socket.py"))

    write("server/session.py", SESSION.replace("step 2 of 2", "step 2 of 3"))

    assert problems(house) == [
        "client/drag.ts: the comment “One move, step 1 of 2 → server/session.py” is missing",
        "server/session.py: the comment “One move, step 2 of 2” is missing",
    ]


def test_a_file_that_moved_and_a_step_left_out_are_named(house, write):
    (house / "client/drag.ts").unlink()
    assert problems(house)[0] == "docs/ONE_MOVE.md: client/drag.ts does not exist"

    write("docs/ONE_MOVE.md", DOCUMENT.replace("| 2 |", "| 3 |"))
    assert problems(house) == ["docs/ONE_MOVE.md: the steps are numbered [1, 3]"]
