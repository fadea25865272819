"""The client is built when a source changed, and only then."""

from tools.build_client import fingerprint, is_stamped


def test_the_fingerprint_follows_names_and_contents_of_sources(repository, write):
    write("client/a.ts", "1")
    first = fingerprint(repository / "client")

    write("client/node_modules/x.js", "1")
    write("client/python/sdk.py", "1")
    assert fingerprint(repository / "client") == first

    write("client/a.ts", "2")
    second = fingerprint(repository / "client")
    assert second != first

    (repository / "client/a.ts").rename(repository / "client/b.ts")
    assert fingerprint(repository / "client") not in {first, second}


def test_a_stamp_of_another_state_does_not_count(tmp_path):
    stamp = tmp_path / ".stamp"
    assert not is_stamped(stamp, "now")

    stamp.write_text("before")
    assert not is_stamped(stamp, "now")

    stamp.write_text("now")
    assert is_stamped(stamp, "now")
