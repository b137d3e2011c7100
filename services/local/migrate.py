"""One shot before anything runs, in a process of its own so that the supervisor stays small."""

import os

from services.chassis.topology import migrate_everything

if __name__ == "__main__":
    migrate_everything(dict(os.environ))
