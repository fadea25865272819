"""Brings the real services and the settings of Hypothesis to every test; no fixture lives here."""

pytest_plugins = [
    "tests.support.garbage",
    "tests.support.groups",
    "tests.support.properties",
    "tests.support.services.plugin",
    "tests.support.services.fixtures",
]
