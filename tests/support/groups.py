"""Keeps the tests of one group on one worker.

pytest-xdist 3.8 writes a test's group behind its id, into a field that pytest 9.2 no longer reads:
marks were without effect, and both workers ran Vitest. This gives pytest the id that xdist wrote.
"""

import pytest
from _pytest.nodeid import NodeId


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After xdist: take over what it wrote. Without xdist nothing was written."""
    for item in items:
        written = getattr(item, "_nodeid", None)
        if written is not None and written != item.nodeid:
            item._id = NodeId.parse(written)
