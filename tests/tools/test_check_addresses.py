"""Addresses and machine paths are found in every kind of file."""

import pytest

from tools.check_addresses import problems


@pytest.mark.parametrize(
    "parts",
    [
        ("https://", "files.pythonhosted", ".org/x"),
        ("/ro", "ot/x"),
        ("/wo", "rk/main"),
        ("/ho", "me/mei/x"),
    ],
)
def test_an_address_is_named_with_its_line(repository, write, parts):
    write("docs/NOTES.md", f"fine\nsee {''.join(parts)}\n")

    (problem,) = problems(repository)

    assert problem.startswith("docs/NOTES.md:2: names ")


def test_words_that_only_look_alike_pass(repository, write):
    write("server/x.py", 'a = "homework/mainly", "a/root/cause", "/home/", "https://example.org"\n')

    assert problems(repository) == []


def test_a_picture_is_not_read(repository, write):
    write("docs/picture.png", "").write_bytes(b"\xff\xfe\x00/ro" + b"ot/")

    assert problems(repository) == []
