"""How long to wait before a message is tried again. Pure: chance is handed in, 0 ≤ chance < 1."""

from __future__ import annotations

LONGEST = 900
UNREACHABLE = (900, 2700)
"""After the first and the second time that a handset could not be reached; a third time it is given up."""
STOPPED, LONGEST_STOP = 60, 900


def wait(attempts: int, chance: float, base: float = 2) -> float:
    """Seconds after so many attempts: doubled each time up to fifteen minutes, and spread over the upper half of
    that, so that what failed together does not come again together."""
    longest = min(base * 2.0 ** (min(attempts, 20) - 1), LONGEST)
    return longest / 2 * (1 + chance)


def unreachable(tries: int, chance: float) -> float | None:
    """Seconds until a handset that could not be reached so many times is tried again; None: give it up."""
    return UNREACHABLE[tries - 1] * (0.8 + 0.4 * chance) if 1 <= tries <= len(UNREACHABLE) else None


def stop(failures: int, chance: float) -> float:
    """Seconds for which nothing is sent to a provider that refused our configuration so many times in a row."""
    longest = min(STOPPED * 2.0 ** (min(failures, 20) - 1), LONGEST_STOP)
    return longest * (0.8 + 0.2 * chance)
