"""What an operator may decide, and what is said to a wrong decision."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from server.settings import BadSetting, Settings, from_environment


def test_without_any_variable_this_machine_is_served():
    settings = from_environment({"PATH": "/bin"})

    assert settings == Settings()
    assert settings.allowed_origins == {
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
    }
    assert settings.database.endswith("/kanvoy-data/kanvoy.sqlite3")
    assert settings.embedded


def test_every_variable_is_read():
    settings = from_environment(
        {
            "KANVOY_DATA": "/srv/kanvoy",
            "KANVOY_PORT": "443",
            "KANVOY_ORIGINS": "https://a.example, https://b.example:8443",
            "KANVOY_TRUSTED_PROXIES": "10.0.0.0/8,::1/128",
            "KANVOY_PRESET": "strict-S1",
            "KANVOY_LOG_FORMAT": "json",
            "KANVOY_ROUTING_URL": "osrm+http://127.0.0.1:5000",
            "KANVOY_TENANT_COMMANDS": "900",
        }
    )

    assert settings.data == Path("/srv/kanvoy")
    assert settings.allowed_origins == {"https://a.example", "https://b.example:8443"}
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert (settings.preset, settings.log_format) == ("strict-S1", "json")
    assert settings.routing_url == "osrm+http://127.0.0.1:5000"
    assert settings.tenant_commands == 900
    assert (settings.secure, settings.cookie_name) == (True, "__Host-kanvoy")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "whole number"),
        ("PORT", "70000", "from 1 to 65535"),
        ("PORT", "٨٠", "whole number"),
        ("ORIGINS", "https://a.example/", "without a path"),
        ("ORIGINS", "a.example", "scheme://host"),
        ("ORIGINS", "https://A.example", "lower case"),
        ("ORIGINS", "https://*.example", "scheme://host"),
        ("TRUSTED_PROXIES", "everybody", "everybody"),
        ("DATABASE_URL", "mysql://x", "postgresql"),
        ("SECURE_COOKIES", "maybe", "yes, no"),
        ("ROUTING_URL", "http://127.0.0.1:5000", "osrm+http"),
        ("ROUTING_URL", "osrm+ftp://x", "osrm+http"),
        ("TENANT_COMMANDS", "19", "from 20"),
        ("PRTO", "1", "is no setting"),
    ],
)
def test_a_value_nobody_can_mean_is_named_with_what_is_expected(name: str, value: str, says: str):
    with pytest.raises(BadSetting, match=f"KANVOY_{name}") as problem:
        from_environment({f"KANVOY_{name}": value})

    assert says in str(problem.value)


def test_a_misspelt_variable_is_told_which_one_was_meant():
    with pytest.raises(BadSetting) as problem:
        from_environment({"KANVOY_PROT": "1"})

    assert "KANVOY_PROT is no setting; did you mean KANVOY_PORT?" in str(problem.value)
    assert "KANVOY_DATABASE_URL, KANVOY_DRAIN_SECONDS" in str(problem.value)


def test_variables_of_tests_and_builds_are_not_ours():
    assert from_environment({"KANVOY_TEST_PG_URL": "x", "KANVOY_SKIP_CLIENT": "1"}) == Settings()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("10.0.0.5", "http://10.0.0.5:8000"),
    ],
)
def test_a_person_is_told_an_address_that_works(host: str, address: str):
    assert Settings(host=host).address == address
