"""The National Provider Identifier of a physician.

Ten digits; the last is a Luhn check digit, computed with the prefix 80840 (health applications,
United States) in front. Source: CMS, "Requirements for National Provider Identifier (NPI) and NPI
check digit".
"""

from __future__ import annotations

PREFIX = "80840"


def is_npi(text: str) -> bool:
    return len(text) == 10 and text.isascii() and text.isdigit() and _luhn_sum(PREFIX + text) % 10 == 0


def _luhn_sum(digits: str) -> int:
    """From the right, every second digit counts twice; of a two-digit product both digits count."""
    return sum(sum(divmod(int(digit) * (2 if place % 2 else 1), 10)) for place, digit in enumerate(reversed(digits)))
