"""Which services this machine has, and what becomes of a test that needs a missing one."""

import functools
import os
from typing import NoReturn

import pytest

from server.demo.engines.found import Availability, Found, Missing
from server.demo.engines.postgres import find_postgres
from server.demo.engines.valkey import find_valkey
from tests.support.services.chromium import find_chromium

#: Marker of a test → how to look for what it needs.
SERVICES = {"postgres": find_postgres, "valkey": find_valkey, "browser": find_chromium}

#: Which fixture means which marker, so that nobody has to write both.
FIXTURES = {"postgres_server": "postgres", "valkey_server": "valkey", "chromium": "browser"}


@functools.cache
def look_for(service: str) -> Availability:
    """Where the service is, asked once per process."""
    return SERVICES[service]()


def found_or_skip(service: str) -> Found:
    """The service, or the end of this test."""
    match look_for(service):
        case Found() as found:
            return found
        case Missing(reason):
            skip_for(service, reason)


def skip_for(service: str, reason: str) -> NoReturn:
    """Skip visibly on a laptop, fail where everything must be there (CI)."""
    said = f"{service} missing: {reason}"
    if os.environ.get("KANVOY_REQUIRE_ALL"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
