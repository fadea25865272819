"""A fresh site for every test."""

import pytest_asyncio

from tests.support.site import Site, a_site


@pytest_asyncio.fixture
async def site() -> Site:
    """The HTTP side over stores in memory."""
    return await a_site()
