"""How long the garbage collector held everything up."""

import gc
import time


class Pauses:
    """Times every look of the collector of this process."""

    def __init__(self) -> None:
        """Listen from here on."""
        self._since = self._longest = 0.0
        gc.callbacks.append(self._heard)

    def longest_ms(self) -> float:
        """The longest one since this was asked last."""
        longest, self._longest = self._longest, 0.0
        return 1_000 * longest

    def _heard(self, phase: str, _info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._since = now
        else:
            self._longest = max(self._longest, now - self._since)
