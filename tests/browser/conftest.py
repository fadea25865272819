"""A filled server for each module, and operators who walk in with browsers of their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.browser.clerk import Clerk, sign_in
from tests.support.browser.demo import Demo, fill_template
from tests.support.browser.operator import Enter, Office

expect.set_options(timeout=10_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data, filled once in this test process."""
    return await fill_template(tmp_path_factory.mktemp("template") / "data")


@pytest.fixture(scope="module")
def demo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server of this module alone."""
    server = Demo(template, tmp_path_factory.mktemp("demo"))
    server.start()
    yield server
    server.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def office(demo: Demo, browser: Browser) -> AsyncIterator[Office]:
    """Where operators come in. No test may leave an error in a console behind."""
    office = Office(browser, demo.address)
    yield office
    complaints = await office.close()
    assert complaints == []


@pytest.fixture
def operator(office: Office) -> Enter:
    """`await operator("nancy")`: a person signed in, before a window of their own."""
    return office.enter


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(demo: Demo) -> AsyncIterator[Clerk]:
    """Andrew, the owner, without a browser: prepares orders and looks at what is stored."""
    origin = {"origin": demo.address}
    async with httpx.AsyncClient(base_url=demo.address, headers=origin, trust_env=False) as browser:
        await sign_in(browser, "andrew@northwind.example")
        yield Clerk(browser)
