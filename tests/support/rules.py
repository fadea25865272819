"""How a test says which rule of `protocols/SPEC.md` it expresses.

    @rule("MV2")
    def test_a_move_of_a_card_that_changed_since_is_refused(): ...

`tools/check_rules.py` fails on a rule that no test cites and on a citation of no rule. It reads
the source, so the identifiers are written out, never computed.
"""

import pytest


def rule(*identifiers: str) -> pytest.MarkDecorator:
    """Mark a test as the expression of these rules."""
    return pytest.mark.rule(*identifiers)
