"""The processes of the system, as they are started."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.children import Child

PROCESSES = ("scheduler", "fetcher", "dunning", "notifier", "decisions")
Env = Mapping[str, str]


@dataclass(frozen=True)
class Cast:
    """Who plays what; each part is given the whole environment. The first two and the prologue run to their end."""

    migrate: Callable[[Env], Child]
    topology: Callable[[Env], Child]
    sandbox: Callable[[Env], list[Child]]
    prologue: Callable[[Env], Child]
    processes: Callable[[Env], list[Child]]
    demo: Callable[[Env], Child]


def module(name: str, path: str, env: Env, *arguments: str, lasting: bool = True) -> Child:
    return Child(name, (sys.executable, "-m", path, *arguments), env, lasting=lasting)


CAST = Cast(
    migrate=lambda env: module("migrate", "deploy.cli", env, "migrate"),
    topology=lambda env: module("topology", "deploy.cli", env, "topology", "apply"),
    sandbox=lambda env: [module("erp", "deploy.sandbox.erp", env), module("inbox", "deploy.sandbox.inbox", env)],
    # at the first start: what one example company has behind it
    prologue=lambda env: module("prologue", "deploy.sandbox.prologue", env),
    processes=lambda env: [module(name, name, env) for name in PROCESSES],
    # fills in the example companies at the first start, then plays the people; it may come to an end
    demo=lambda env: module("demo", "deploy.sandbox.demo", env, lasting=False),
)
