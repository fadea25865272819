"""Log lines keep secrets."""

from server.telemetry.logs import hide_secrets


def test_fields_that_name_a_secret_are_blanked():
    event = {
        "event": "signed in",
        "password": "hunter2",
        "Set-Cookie": "x",
        "bearer_token": "y",
        "tenant": "acme",
    }

    hidden = hide_secrets(None, "info", event)

    assert "hunter2" not in str(hidden)
    assert (hidden["tenant"], hidden["Set-Cookie"], hidden["bearer_token"]) == ("acme", "…", "…")
