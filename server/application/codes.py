"""Codes that people read aloud and type: eight letters, no vowels, nothing to mistake. [DV]"""

import hashlib

from server.application.ports import Ids

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628's twenty: 20^8 codes are 34.6 bits; limits on tries do the rest."""

LENGTH = 8


def new_code(ids: Ids) -> str:
    """A code as people see it: two groups of four."""
    letters = "".join(
        LETTERS[min(int(ids.uniform(0.0, len(LETTERS))), len(LETTERS) - 1)] for _ in range(LENGTH)
    )
    return f"{letters[:4]}-{letters[4:]}"


def folded(code: str) -> str:
    """A code as it is compared: capitals, nothing between them."""
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def code_hash(code: str) -> bytes:
    """A code as it is stored."""
    return hashlib.sha256(folded(code).encode()).digest()
