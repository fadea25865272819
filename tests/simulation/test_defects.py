"""An experiment that finds nothing must be one that would have found something.

Each known bug is put in through the parts a scene is built from, and has to be found by random
schedules within a bounded number of seeds, or by the schedule played by hand for it.
"""

import pytest

from tests.simulation.defects import DEFECTS, DIRECTED
from tests.simulation.directed import fork_behind_a_hint, fork_behind_a_resume
from tests.simulation.divergence import Divergence
from tests.simulation.world import World

pytestmark = pytest.mark.timeout(300)  # a machine that does much else at the same time

MOST_SEEDS = 200
"""The rarest needs 65; see docs/reliability.md."""


@pytest.mark.parametrize("defect", DEFECTS)
def test_random_schedules_find(defect):
    for seed in range(1, MOST_SEEDS):
        try:
            World(seed, parts=DEFECTS[defect]).run()
        except Divergence:
            return
    pytest.fail(f"{MOST_SEEDS} schedules did not find it")


def test_a_schedule_by_hand_finds_a_resume_without_the_nonce_check():
    parts = DIRECTED["a resume without the nonce check"]

    with pytest.raises(Divergence, match="different"):
        fork_behind_a_resume(parts, later=4)


def test_a_schedule_by_hand_finds_a_hint_applied_without_the_previous_nonce():
    parts = DIRECTED["a hint applied without the previous nonce"]

    with pytest.raises(Divergence, match="different"):
        fork_behind_a_hint(parts)
