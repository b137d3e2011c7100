"""A worker that does nothing but relay its outbox."""

from services.chassis.settings import ServiceSettings
from services.chassis.worker import Worker


class Teller(Worker):
    name = "booking"


worker = Teller
settings_class = ServiceSettings
