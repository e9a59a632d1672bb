"""Hypothesis without a memory, and in CI without chance: what fails there fails here."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fuzz",
    derandomize=bool(os.environ.get("CI")),
    database=None,
    deadline=None,  # the machine is shared
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("fuzz")
