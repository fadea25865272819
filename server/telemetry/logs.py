"""Log lines: one event name and its fields, as JSON for machines or coloured for people."""

import logging
import re
import sys
from typing import Literal

import structlog

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_SECRET = re.compile(r"password|token|cookie|authorization|csrf|secret", re.IGNORECASE)


def start_logging(level: str, shape: Literal["console", "json"]) -> None:
    """Send every log line of this process, ours and the libraries', to stderr in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    rendered: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if shape == "json"
        else [
            keep_to_one_line,
            # Not rich's: it prints every frame's variables, and one of them may be a password.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.root.handlers[:] = [handler]
    # Libraries speak of themselves at info; that is debugging to whoever runs the product.
    logging.root.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    # DV14: at debug it writes every header and frame, with cookies, tickets and tokens, and at
    # info every address with its query.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if _is_news not in (told := logging.getLogger("uvicorn.error")).filters:
        told.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Uvicorn 0.54 calls every upgrade that is refused with a whole answer a mistake of ours."""
    return record.msg != "ASGI callable returned without completing handshake."


def keep_to_one_line(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Show what would begin a line of its own, or steer a terminal, as an escape. JSON does."""
    for field, value in event.items():
        if isinstance(value, str):
            event[field] = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], value)
    return event


def hide_secrets(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Blank every field whose name says that it is a secret."""
    for field in event:
        if _SECRET.search(field):
            event[field] = "…"
    return event
