"""Programs that others wrote, which a machine may lack, and the one of CI may not."""

import os
from typing import NoReturn

import pytest


def lacking(needed: str) -> NoReturn:
    """Skip a test for what is not installed, and say so; fail it in CI."""
    if os.environ.get("CI"):
        pytest.fail(needed)
    pytest.skip(needed)
