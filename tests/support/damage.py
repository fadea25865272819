"""Bytes as a bad line or a hostile client makes them."""

import random


def damaged(dice: random.Random, raw: bytes) -> bytes:
    """One to four places of the bytes changed, doubled, dropped or cut off."""
    made = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(made) + 1)
        match dice.randrange(5):
            case 0:
                made[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del made[place : place + dice.randrange(8)]
            case 2:
                made[place:place] = dice.randbytes(dice.randrange(8))
            case 3:
                made[place:place] = made[max(0, place - 12) : place]
            case _:
                del made[place:]
    return bytes(made)
