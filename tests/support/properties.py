"""How Hypothesis works here: a busy machine is no reason to fail, and CI tries the same again."""

import os

from hypothesis import settings

# Deadlines measure the machine, not the code; pytest-timeout stops what hangs.
settings.register_profile("here", deadline=None)
# A submission should fail for what it changed, not for an example nobody has tried before.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
