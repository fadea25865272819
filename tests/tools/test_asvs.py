"""docs/asvs.md is whole: each requirement stands once, and every test it names is there."""

import re

import pytest

from tools.gate import ROOT

PAGE = (ROOT / "docs" / "asvs.md").read_text()

SECTIONS: dict[str, tuple[int, set[int]]] = {
    "V1.1": (2, set()), "V1.2": (10, {10}), "V1.3": (12, {12}), "V1.4": (3, set()),
    "V1.5": (3, {3}), "V2.1": (3, set()), "V2.2": (3, set()), "V2.3": (5, {5}),
    "V2.4": (2, {2}), "V3.1": (1, {1}), "V3.2": (3, {3}), "V3.3": (5, {5}),
    "V3.4": (8, {7, 8}), "V3.5": (8, {6, 7, 8}), "V3.6": (1, {1}), "V3.7": (5, {3, 4, 5}),
    "V4.1": (5, {4, 5}), "V4.2": (5, {2, 3, 4, 5}), "V4.3": (2, set()), "V4.4": (4, set()),
    "V5.1": (1, set()), "V5.2": (6, {4, 5, 6}), "V5.3": (3, {3}), "V5.4": (3, set()),
    "V6.1": (3, set()), "V6.2": (12, set()), "V6.3": (8, {5, 6, 7, 8}), "V6.4": (6, {5, 6}),
    "V6.5": (8, {6, 7, 8}), "V6.6": (4, {4}), "V6.7": (2, {1, 2}), "V6.8": (4, set()),
    "V7.1": (3, set()), "V7.2": (4, set()), "V7.3": (2, set()), "V7.4": (5, set()),
    "V7.5": (3, {3}), "V7.6": (2, set()), "V8.1": (4, {3, 4}), "V8.2": (4, {4}),
    "V8.3": (3, {2, 3}), "V8.4": (2, {2}), "V9.1": (3, set()), "V9.2": (4, set()),
    "V10.1": (2, set()), "V10.2": (3, {3}), "V10.3": (5, {5}),
    "V10.4": (16, {12, 13, 14, 15, 16}), "V10.5": (5, set()), "V10.6": (2, set()),
    "V10.7": (3, set()), "V11.1": (4, {3, 4}), "V11.2": (5, {4, 5}), "V11.3": (5, {4, 5}),
    "V11.4": (4, set()), "V11.5": (2, {2}), "V11.6": (2, {2}), "V11.7": (2, {1, 2}),
    "V12.1": (5, {4, 5}), "V12.2": (2, set()), "V12.3": (5, {5}), "V13.1": (4, {2, 3, 4}),
    "V13.2": (6, {6}), "V13.3": (4, {3, 4}), "V13.4": (7, {6, 7}), "V14.1": (2, set()),
    "V14.2": (8, {5, 6, 7, 8}), "V14.3": (3, set()), "V15.1": (5, {4, 5}), "V15.2": (5, {4, 5}),
    "V15.3": (7, set()), "V15.4": (4, {1, 2, 3, 4}), "V16.1": (1, set()), "V16.2": (5, set()),
    "V16.3": (4, set()), "V16.4": (3, set()), "V16.5": (4, {4}), "V17.1": (2, {2}),
    "V17.2": (8, {5, 6, 7, 8}), "V17.3": (2, set()),
}  # fmt: skip
"""How many requirements each section of 5.0.0 has, and which of them are of level 3 only."""

REQUIRED = [
    f"{section}.{number}"
    for section, (many, third) in SECTIONS.items()
    for number in range(1, many + 1)
    if number not in third
]

_ROW = re.compile(r"^\| (V[0-9.]+) \|.*\| `([^`]+)` \|$", re.MULTILINE)
_LINE = re.compile(r"^- \*\*(V[0-9.]+)\*\* \S", re.MULTILINE)


EVIDENCE = list(dict.fromkeys(shown for _, shown in _ROW.findall(PAGE)))


def lists_with(requirement: str) -> int:
    """How often a requirement is said something about; what is met beats its whole section."""
    rows = [name for name, _ in _ROW.findall(PAGE)]
    exact = rows.count(requirement) + _LINE.findall(PAGE).count(requirement)
    chapters = sum(requirement.startswith(f"{name}.") for name in _LINE.findall(PAGE))
    return exact or chapters


def test_the_standard_has_as_many_requirements_of_two_levels_as_it_says():
    assert len(REQUIRED) == 253


def test_every_requirement_stands_on_one_list():
    assert [each for each in REQUIRED if lists_with(each) != 1] == []


def test_no_requirement_is_invented():
    named = [name for name, _ in _ROW.findall(PAGE)] + _LINE.findall(PAGE)

    assert [n for n in named if not any(r == n or r.startswith(f"{n}.") for r in REQUIRED)] == []


@pytest.mark.parametrize("named", EVIDENCE)
def test_what_a_requirement_is_shown_by_is_there(named: str):
    file, _, test = named.partition("::")
    path = ROOT / file

    assert path.is_file()
    assert not test or re.search(rf"\bdef {test}\(", path.read_text())
