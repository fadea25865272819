"""How a handler asks for something that is neither in the address nor in the body."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

T = TypeVar("T")

Given: TypeAlias = NamedDependency[SkipValidation[T]]
"""Given by `site.py` under the parameter's name. Ours, so nothing about it needs checking."""
