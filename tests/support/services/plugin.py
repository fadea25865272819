"""Says which services a run has, skips visibly what is missing, and closes with one plain line."""

from collections import Counter

import pytest
from _pytest.terminal import TerminalReporter

from server.demo.engines.found import Found, Missing
from tests.support.services.availability import FIXTURES, SERVICES, found_or_skip, look_for

_TOLD: pytest.StashKey[TerminalReporter] = pytest.StashKey()


def pytest_report_header() -> list[str]:
    """One line per service, before anything runs."""
    return [f"{service}: {_describe(service)}" for service in SERVICES]


def _describe(service: str) -> str:
    match look_for(service):
        case Found(origin, location):
            return f"✓ {origin} ({location})"
        case Missing(reason):
            return f"✗ {reason}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the services whose fixtures it uses, however indirectly."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in FIXTURES:
                item.add_marker(FIXTURES[fixture])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Decide before any fixture runs whether this machine can run the test."""
    for service in SERVICES:
        if item.get_closest_marker(service):
            found_or_skip(service)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line per service that tests asked for, with the number that were skipped."""
    used: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for service in SERVICES:
                if service in getattr(report, "keywords", {}):
                    (skipped if outcome == "skipped" else used)[service] += 1
    for service in SERVICES:
        if used[service] or skipped[service]:
            tail = f"; {skipped[service]} tests SKIPPED" if skipped[service] else ""
            line = f"{service}: {_describe(service)}; {used[service]} tests ran{tail}"
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep the reporter: by the time we close, pytest has let go of it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(session.config, "workerinput"):
        session.config.stash[_TOLD] = reporter


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close with the plain line that CI reads: `N passed, N failed, N skipped`."""
    reporter = config.stash.get(_TOLD, None)
    if reporter is None:
        return
    count = {name: len(reports) for name, reports in reporter.stats.items()}
    passed = count.get("passed", 0)
    failed = count.get("failed", 0) + count.get("error", 0)
    skipped = count.get("skipped", 0) + count.get("xfailed", 0)
    reporter.write_line(f"{passed} passed, {failed} failed, {skipped} skipped")
    # `tools/suite.py` adds several runs up.
    cache = getattr(config, "cache", None)
    if cache is not None:
        cache.set("kanvoy/counted", [passed, failed, skipped])
