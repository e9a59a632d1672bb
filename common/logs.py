"""One line per unit of work, with event, company and invoice bound. No keys, links, tokens or mail bodies."""

import logging
import sys

import msgspec
import structlog


def configure(process: str, form: str = "json") -> None:
    """`form` is json (for machines) or console (for a person's terminal)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(serializer=_json)
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the usual one prints variables: keys, passwords
        )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer] if form == "json" else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    _pass_on_library_warnings(renderer, shared)


def _pass_on_library_warnings(renderer: structlog.typing.Processor, shared: list[structlog.typing.Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # says every reconnect at length; dramatiq says it once
    for printing_messages in ("dramatiq.worker.WorkerThread", "dramatiq.brokers.rabbitmq._Consumer"):
        logging.getLogger(printing_messages).setLevel(logging.CRITICAL)


def _json(line: object, **_: object) -> str:
    return msgspec.json.encode(line, enc_hook=repr).decode()


log = structlog.get_logger()
