"""A stack with a real broker and a real database, and small programs in place of our services."""

import os
import sys
from pathlib import Path
from typing import Any

from services.local.processes import ProcessSpec
from services.local.roster import Setup
from services.local.stack import Stack

SAYS_ITS_NAME = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
"""
WILL_NOT_STOP = "import signal; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n" + SAYS_ITS_NAME

UP_THEN_WAITS = """
import sys, time
from pathlib import Path
from tests.local.small_stack import small, stubborn
with small(Path(sys.argv[1]), port=int(sys.argv[2])):
    print("up", flush=True)
    time.sleep(600)
"""


def small(folder: Path, *, program: str = SAYS_ITS_NAME, **options: Any) -> Stack:
    def table(setup: Setup) -> list[ProcessSpec]:
        return [
            ProcessSpec(name, [sys.executable, "-c", program, name, str(setup.ports[name])], dict(os.environ))
            for name in ("web", "sandbox")
        ]

    def ready(setup: Setup) -> dict[str, str]:
        return {name: setup.at(name) for name in ("web", "sandbox")}

    return Stack(folder, table=table, migrate=lambda setup: None, ready=ready, **options)


def stubborn(folder: Path, **options: Any) -> Stack:
    return small(folder, program=WILL_NOT_STOP, **options)
