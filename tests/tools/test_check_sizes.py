"""Long modules are found, whoever wrote them; generated ones may be long."""

from tools.check_sizes import MODULE_LIMIT, TEST_LIMIT, problems


def test_a_module_over_the_limit_is_named_with_its_length(repository, write):
    write("server/short.py", "x = 1\n" * MODULE_LIMIT)
    write("server/long.py", "x = 1\n" * (MODULE_LIMIT + 1))

    assert problems(repository) == ["server/long.py: 401 lines, 400 allowed"]


def test_a_test_may_be_longer_but_not_endless(repository, write):
    write("tests/test_fine.py", "x = 1\n" * TEST_LIMIT)
    write("client/sync/src/long.test.ts", "x;\n" * (TEST_LIMIT + 1))

    assert problems(repository) == ["client/sync/src/long.test.ts: 501 lines, 500 allowed"]


def test_generated_and_ignored_files_may_be_as_long_as_they_are(repository, write):
    write("client/protocol/src/messages.gen.ts", "x;\n" * 2000)
    write("client/kit/src/texts_en.ts", "x;\n" * 2000)
    write("server/storage/migrations/0001_tables.py", "x = 1\n" * 2000)
    write(".gitignore", "node_modules\n")
    write("node_modules/big.ts", "x;\n" * 2000)

    assert problems(repository) == []
