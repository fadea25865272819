"""What an operator may decide about one node: read once from the environment, then frozen."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, TypeVar, get_args

import msgspec

from server.domain.roles import RolePreset

T = TypeVar("T")

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")
"""Scheme, host and port as browsers spell them: lower case and without a path."""

_REDIS = re.compile(r"(rediss?|unix)://\S+")

_ROUTING = re.compile(r"(osrm|valhalla)\+https?://[^\s?#]+")

_TRACES = re.compile(r"https?://[^\s?#]+")

_EXPORTER = "opentelemetry.exporter.otlp.proto.http"

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,200}")

_DEFAULT_PORTS = {"http": 80, "https": 443}

_FOREIGN = (
    "KANVOY_TEST_",
    "KANVOY_SKIP_",
    "KANVOY_REQUIRE_",
    "KANVOY_CHROMIUM",
    "KANVOY_SERVER",
    "KANVOY_PASSWORD",
)
"""Variables of tests, builds and single chores, under the same prefix but no settings."""

Network = IPv4Network | IPv6Network


class BadSetting(Exception):
    """A setting cannot be understood; the message says which one and what is expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is configured. Defaults serve one process on this machine."""

    data: Path = Path("kanvoy-data")
    """Where the embedded database lives."""
    database_url: str = ""
    """Empty: SQLite in `data`."""
    host: str = "127.0.0.1"
    port: int = 8000
    origins: frozenset[str] = frozenset()
    """The exact origins browsers may come from. Empty: this machine's own, at `port`."""
    secure_cookies: bool | None = None
    """None: secure iff every origin is https."""
    trusted_proxies: tuple[Network, ...] = ()
    """Peers whose `X-Forwarded-For` is believed."""
    session_days: int = 7
    """How long one sign-in lasts at most."""
    idle_hours: int = 24
    """How long it lasts without a request."""
    workers: int = 1
    """Processes of this node that share its address."""
    redis_url: str = ""
    """Valkey or Redis that carries news between nodes. Empty: this node is alone on its machine."""
    routing_url: str = ""
    """Who knows the roads: `osrm+http://…` or `valhalla+http://…`. Empty: an estimate."""
    upload_megabytes: int = 5_120
    """Room for the pictures of each tenant."""
    drain_seconds: int = 15
    """How long open sockets get to move on when the node stops."""
    sockets: int = 10_000
    """Most connections at once; the kernel's file limit should be above."""
    tenant_commands: int = 400
    """Commands a second of each tenant, over all its sockets and HTTP; three times that at once."""
    preset: RolePreset = "open-S2"
    """What roles grant: see `server/domain/roles.py`."""
    metrics_token: str = ""
    """Who knows it may read the figures of this node at `/metrics`. Empty: nobody may."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    access_log: bool = False
    """Whether the log has a line for each answer over HTTP."""
    slow_command_ms: int = 1_000
    """Commands that wait longer for their verdict are told to the log; 0: none is."""
    traces_url: str = ""
    """Where traces go, as OTLP over HTTP. Empty: there are none."""

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.data.absolute()}/kanvoy.sqlite3"

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of this process."""
        return self.database.startswith("sqlite")

    @property
    def database_file(self) -> Path:
        """The file of an embedded database."""
        return Path(self.database.removeprefix("sqlite:///"))

    @property
    def uploads(self) -> Path:
        """Where pictures lie."""
        return self.data / "uploads"

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The exact origins browsers may come from."""
        own = ("127.0.0.1", "localhost", "[::1]")
        return self.origins or frozenset(_spelled("http", host, self.port) for host in own)

    @property
    def secure(self) -> bool:
        """Whether cookies are sent over TLS only."""
        if self.secure_cookies is not None:
            return self.secure_cookies
        return all(origin.startswith("https://") for origin in self.allowed_origins)

    @property
    def cookie_name(self) -> str:
        """The sign-in cookie. `__Host-` binds it to this host and to TLS, so not on plain http."""
        return "__Host-kanvoy" if self.secure else "kanvoy"

    @property
    def display_cookie_name(self) -> str:
        """The cookie of a display, so that it and a person in one browser keep their sessions."""
        return f"{self.cookie_name}-display"

    @property
    def page_address(self) -> str:
        """Where phones and displays find their pages: a configured origin, else this machine."""
        return min(self.origins) if self.origins else self.address

    @property
    def address(self) -> str:
        """Where a person on this machine finds the board."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104
        return _spelled("http", f"[{host}]" if ":" in host else host, self.port)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from `KANVOY_*` variables; raises `BadSetting` for a value nobody can mean."""
    given = {
        name: _read(f"KANVOY_{name.upper()}", text, read)
        for name, read in _READERS.items()
        if (text := environment.get(f"KANVOY_{name.upper()}", "").strip())
    }
    unknown = sorted(
        name for name in environment if name.startswith("KANVOY_") and not _is_known(name)
    )
    if unknown:
        raise BadSetting(_no_setting(unknown[0]))
    return msgspec.structs.replace(Settings(), **given)


def _no_setting(name: str) -> str:
    known = sorted(f"KANVOY_{reader.upper()}" for reader in _READERS)
    meant = get_close_matches(name, known, n=1, cutoff=0.8)
    guess = f"did you mean {meant[0]}? Known" if meant else "known"
    return f"{name} is no setting; {guess}: {', '.join(known)}"


def _read(name: str, text: str, read: Callable[[str], object]) -> object:
    try:
        return read(text)
    except ValueError as problem:
        raise BadSetting(f"{name}: {problem}") from problem


def _spelled(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def _is_known(name: str) -> bool:
    return name.startswith(_FOREIGN) or name.removeprefix("KANVOY_").lower() in _READERS


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high} is expected, not {text!r}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)} is expected, not {text!r}")
        return text

    return read


def _yes(text: str) -> bool:
    return _one_of("yes", "no", "1", "0")(text) in {"yes", "1"}


def _origins(text: str) -> frozenset[str]:
    found = frozenset(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"an origin is scheme://host[:port] in lower case without a path, not {origin!r}"
            )
    return found


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _database(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql+asyncpg://")):
        raise ValueError("sqlite:///… or postgresql+asyncpg://… is expected")
    return text


def _redis(text: str) -> str:
    if not _REDIS.fullmatch(text):
        raise ValueError("redis://…, rediss://… or unix://… is expected")
    return text


def _routing(text: str) -> str:
    if not _ROUTING.fullmatch(text):
        raise ValueError("osrm+http://… or valhalla+http://… is expected")
    return text


def _traces(text: str) -> str:
    if not _TRACES.fullmatch(text):
        raise ValueError("the address of a collector is expected: http://…:4318/v1/traces")
    if not _can_import(_EXPORTER):
        raise ValueError("traces need more packages: pip install 'kanvoy[traces]'")
    return text


def _can_import(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("at least 16 letters, digits, or any of -._~+/= are expected")
    return text


_READERS: dict[str, Callable[[str], object]] = {
    "data": Path,
    "database_url": _database,
    "host": str,
    "port": _whole(1, 65_535),
    "origins": _origins,
    "secure_cookies": _yes,
    "trusted_proxies": _networks,
    "session_days": _whole(1, 90),
    "idle_hours": _whole(1, 24 * 90),
    "drain_seconds": _whole(0, 600),
    "upload_megabytes": _whole(1, 10_000_000),
    "sockets": _whole(1, 1_000_000),
    "tenant_commands": _whole(20, 1_000_000),
    "workers": _whole(1, 64),
    "redis_url": _redis,
    "routing_url": _routing,
    "metrics_token": _token,
    "preset": _one_of(*get_args(RolePreset)),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("console", "json"),
    "access_log": _yes,
    "slow_command_ms": _whole(0, 600_000),
    "traces_url": _traces,
}
