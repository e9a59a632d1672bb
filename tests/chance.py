"""How long Hypothesis looks in unit tests: without a memory, and in CI without chance: what fails there fails here."""

import os

from hypothesis import settings

unhurried = settings(derandomize=bool(os.environ.get("CI")), database=None, deadline=None, max_examples=100)
