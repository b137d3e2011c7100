"""The same consumer as plain nameko has it: `event_handler`, a commit, the acknowledgement when it returns."""

import os
import warnings

SERVICE = "plain"


def main() -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import eventlet

    eventlet.monkey_patch()
    from nameko.containers import ServiceContainer
    from nameko.events import event_handler
    from sqlalchemy import create_engine, text

    engine = create_engine(os.environ["NOTIFY_DATABASE_URL"])

    class Plain:
        name = "plain_listener"

        @event_handler(SERVICE, "booked")
        def booked(self, payload: str) -> None:
            with engine.begin() as connection:
                connection.execute(text("NOTIFY consumed"))

    container = ServiceContainer(Plain, {"AMQP_URI": os.environ["AMQP_URL"]})
    container.start()
    print("worker_started", flush=True)
    container.wait()


if __name__ == "__main__":
    main()
