"""How a test says which rule of `protocols/SPEC.md` it expresses."""

import pytest


def rule(*identifiers: str) -> pytest.MarkDecorator:
    """Mark a test as the expression of these rules."""
    return pytest.mark.rule(*identifiers)
