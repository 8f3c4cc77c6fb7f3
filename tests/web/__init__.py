"""The pages, asked for by a test client."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
