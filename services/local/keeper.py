"""Outlives its supervisor by a moment and ends what it left running: `python -m services.local.keeper`.

Reads marks, one a line, until its standard input closes. The system closes it however the supervisor went: by
returning, by an exception, by kill -9.
"""

import signal
import sys
import time

GRACE = 5.0
"""Seconds that processes have to stop by themselves when their supervisor is gone."""


def main() -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    marks = [line.strip() for line in sys.stdin]
    # only now: a keeper waits through the whole life of its supervisor and should be small
    from services.local.leftovers import end

    for mark in reversed(marks):
        end(mark, GRACE)
    # what was just being started when the supervisor died showed no mark for an instant
    time.sleep(0.2)
    for mark in marks:
        end(mark, 0)


if __name__ == "__main__":
    main()
