"""The answer to "is this service on the machine?", and the fault of one that would not start."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """A service that can be started or reached, and where it comes from."""

    origin: str
    location: str


@dataclass(frozen=True)
class Missing:
    """A service that this machine does not have; the reason tells how to get it."""

    reason: str


Availability = Found | Missing


class ServiceFailedError(Exception):
    """A service that was found and did not come up; carries the end of its log."""
