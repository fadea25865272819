"""`python -m server` is `kanvoy`."""

import gc
import sys

# Nothing that is loaded is garbage. Looking for some takes a seventh of a start (2026-11).
gc.disable()

from server.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
