"""Foreign pages in the log: the commonest mistake of an installation must show somewhere."""

from structlog import get_logger

_log = get_logger()

_MOST = 100
"""Whoever makes up origins fills no disk: after so many different ones we say no more."""

_LONGEST = 200


class Strangers:
    """Warns once of each origin that is not one of ours."""

    def __init__(self) -> None:
        """Nobody came yet."""
        self._told: set[str] = set()

    def came(self, origin: str, door: str) -> None:
        """A page from elsewhere knocked at this door and was refused."""
        shown = origin[:_LONGEST]
        if shown in self._told or len(self._told) >= _MOST:
            return
        self._told.add(shown)
        _log.warning(
            "foreign origin refused",
            origin=shown,
            door=door,
            mend="if people type this address, name it in KANVOY_ORIGINS",
        )
