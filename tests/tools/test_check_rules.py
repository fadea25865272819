"""Rules and tests belong together: neither may stand alone."""

from tools.check_rules import problems

SPEC = """
## MV move
- **MV1** A card moves.
- **MV2** A stale move is refused.
- **MV3** withdrawn
"""


def test_a_rule_without_a_test_and_a_citation_of_no_rule_are_named(repository, write):
    write("protocols/SPEC.md", SPEC)
    write("tests/domain/test_move.py", '@rule("MV1", "MV9")\ndef test_moves(): ...\n')

    assert problems(repository) == [
        "tests/domain/test_move.py:1: there is no rule MV9",
        "protocols/SPEC.md: no test expresses MV2",
    ]


def test_a_title_of_a_typescript_test_cites_too(repository, write):
    write("protocols/SPEC.md", SPEC)
    write("tests/domain/test_move.py", '@rule("MV1")\ndef test_moves(): ...\n')
    write("client/sync/src/replica.test.ts", "test('refuses [MV2]', () => { a['MV7']; });\n")

    assert problems(repository) == []


def test_an_identifier_is_given_once(repository, write):
    write("protocols/SPEC.md", "- **MV1** One.\n- **MV1** Another.\n")
    write("tests/test_move.py", 'pytestmark = rule("MV1")\n')

    assert problems(repository) == ["protocols/SPEC.md: MV1 stands there twice"]
