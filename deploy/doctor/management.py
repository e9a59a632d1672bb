"""What only RabbitMQ's management interface tells: policies, rights, feature flags, who else listens."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests

from common import topology
from common.settings import Settings
from deploy.doctor.finding import Finding, bad, good, unchecked

PORT, TIMEOUT = 15672, 5.0
FLAGS = ("quorum_queue", "stream_queue")  # the second brings at-least-once dead-lettering
OURS = {queue.name for queue in topology.queues()}
HARMFUL = ("message-ttl", "expires", "max-length", "max-length-bytes", "overflow", "delivery-limit")
LIMITS = ("max-length", "max-length-bytes")


class _NoAnswer(Exception):
    """The management interface gave no answer."""


def findings(settings: Settings) -> Iterator[Finding]:
    url = settings.management_url.rstrip("/") or f"http://{settings.broker.host}:{PORT}"
    ask = _asker(url, settings)
    vhost = quote(settings.broker.virtual_host, safe="")
    try:
        queues = {queue["name"]: queue for queue in ask(f"queues/{vhost}")}
        yield _rights(ask(f"users/{quote(settings.broker.user)}/permissions"), settings.broker.virtual_host)
        yield _flags(ask("feature-flags"))
        yield _policies(queues)
        bindings = ask(f"exchanges/{vhost}/{topology.EVENTS.name}/bindings/source")
        yield _bindings(bindings)
        yield from _subscribers(bindings, queues)
    except _NoAnswer as error:
        if settings.management_url:
            yield bad("management", str(error), "is RYKKER_MANAGEMENT_URL right, and has the user the tag monitoring?")
        else:
            why = f"{error}; RYKKER_MANAGEMENT_URL may name it, for a user with the tag monitoring"
            yield unchecked("management", f"rights, feature flags, policies, bindings and subscribers: {why}")


def _asker(url: str, settings: Settings) -> Any:
    def ask(path: str) -> Any:
        try:
            answer = requests.get(
                f"{url}/api/{path}", auth=(settings.broker.user, settings.broker.password), timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise _NoAnswer(f"{url} gave no answer ({type(error).__name__})") from None
        if not answer.ok:
            raise _NoAnswer(f"{url} answers {answer.status_code} to /api/{path.partition('/')[0]}")
        try:
            return answer.json()
        except ValueError as error:
            raise _NoAnswer(f"{url} is no management interface") from error

    return ask


def _rights(permissions: list[dict[str, Any]], vhost: str) -> Finding:
    ours = next((one for one in permissions if one["vhost"] == vhost), {})
    lacking = [right for right in ("read", "write") if not ours.get(right)]
    todo = "`rabbitmqctl set_permissions` gives them"
    return bad("rights", f"none to {' and '.join(lacking)}", todo) if lacking else good("rights", "to read and write")


def _flags(flags: list[dict[str, Any]]) -> Finding:
    off = [flag["name"] for flag in flags if flag["name"] in FLAGS and flag["state"] != "enabled"]
    todo = "`rabbitmqctl enable_feature_flag` on the broker"
    return bad("feature flags", f"off: {', '.join(off)}", todo) if off else good("feature flags", "those needed are on")


def _policies(queues: dict[str, dict[str, Any]]) -> Finding:
    harmed = [
        f"{name} gets {key} from {queue.get('policy') or queue.get('operator_policy')}"
        for name, queue in queues.items()
        for key in HARMFUL
        if name in OURS and key in (queue.get("effective_policy_definition") or {})
    ]
    todo = "narrow the policy's pattern: ours must lose nothing"
    return bad("policies", "; ".join(harmed), todo) if harmed else good("policies", "none that limits our queues")


def _bindings(bindings: list[dict[str, Any]]) -> Finding:
    bound = {(one["destination"], one["routing_key"]) for one in bindings}
    wanted = {(queue, event.type) for queue, heard in topology.SUBSCRIPTIONS.items() for event in heard}
    lacking = sorted(f"{queue} to {key}" for queue, key in wanted - bound)
    if lacking:
        return bad("bindings", f"missing: {', '.join(lacking)}", "`rykker topology apply`, then `rykker events replay`")
    return good("bindings", f"all {len(wanted)} are there")


def _subscribers(bindings: list[dict[str, Any]], queues: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for name in sorted({one["destination"] for one in bindings if one["destination_type"] == "queue"} - OURS):
        yield _subscriber(f"subscriber {name}", queues.get(name, {}))


def _subscriber(about: str, queue: dict[str, Any]) -> Finding:
    arguments = {key.removeprefix("x-"): value for key, value in (queue.get("arguments") or {}).items()}
    has = arguments | (queue.get("effective_policy_definition") or {})
    if not any(key in has for key in LIMITS):
        return bad(about, "has no length limit", "a policy with max-length: while its reader is away it fills our disk")
    if has.get("overflow", "drop-head") != "drop-head":
        return bad(about, f"overflow is {has['overflow']}", "overflow must be drop-head: else it stops what we publish")
    if has.get("dead-letter-exchange") == topology.EVENTS.name:
        return bad(about, f"dead-letters to {topology.EVENTS.name}", "another exchange: else everybody hears it again")
    if has.get("dead-letter-exchange") == "" and has.get("dead-letter-routing-key") in OURS:
        return bad(about, f"dead-letters into {has['dead-letter-routing-key']}", "a queue of its own")
    return good(about, "drops its oldest when it is full")
