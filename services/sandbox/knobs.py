"""The faults a person or a test dials in for each provider: refusals, resets, silence, lost webhooks."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

PROVIDERS = ("twilio", "sendgrid")
FAULTS = (
    "none",
    "429",
    "500_not_accepted",
    "reset_before",
    "hang_before",
    "accept_then_500",
    "accept_then_reset",
    "hang",
)
CALLBACKS = {"on": True, "lost": 0.0, "duplicated": 0.0, "reordered": 0.0, "delay_ms": 0, "retries": None}
DEFAULTS: dict[str, Any] = {
    "latency_ms": 0,
    "hang_ms": 30_000,
    "step_ms": 150,
    "seed": 1,
    "faults": {},
    "next": [],
    "outcomes": {},
    "refusals": {},
    "list_unavailable": False,
    "list_lag_ms": 0,
    "callbacks": CALLBACKS,
}


class BadKnob(ValueError):
    """A knob that does not exist or cannot take that value; the text says which."""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 3_600_000


def _chance(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _faults(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(key in FAULTS and _chance(p) for key, p in value.items())
        and sum(value.values()) <= 1
    )


def _outcomes(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(outcome, int | str) for outcome in value.values())


def _refusals(value: Any) -> bool:
    """By address, or by ``*`` for all: an error code of Twilio's, a status of SendGrid's."""
    return isinstance(value, dict) and all(map(_whole, value.values()))


CHECKS: dict[str, Callable[[Any], bool]] = {
    "latency_ms": _whole,
    "hang_ms": _whole,
    "step_ms": _whole,
    "seed": lambda value: isinstance(value, int | str),
    "faults": _faults,
    "next": lambda value: isinstance(value, list) and all(fault in FAULTS for fault in value),
    "outcomes": _outcomes,
    "refusals": _refusals,
    "list_unavailable": lambda value: isinstance(value, bool),
    "list_lag_ms": _whole,
    "callbacks.on": lambda value: isinstance(value, bool),
    "callbacks.lost": _chance,
    "callbacks.duplicated": _chance,
    "callbacks.reordered": _chance,
    "callbacks.delay_ms": _whole,
    "callbacks.retries": lambda value: value is None or _whole(value),
}


class Knobs:
    """All dials, safe to turn from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.clear()

    def clear(self) -> None:
        """Everything back to a provider that works; requests left hanging are let go."""
        with self._lock:
            self._values = {name: deepcopy(DEFAULTS) for name in PROVIDERS}
            self._dice = {name: random.Random(DEFAULTS["seed"]) for name in PROVIDERS}  # noqa: S311
            self._released.set()
            self._released = threading.Event()

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            return deepcopy(self._values)

    def change(self, patch: Any) -> None:
        """Merge ``{provider: {knob: value}}``; nothing is changed when any part of it is wrong.

        :raises BadKnob: naming the first part that is wrong
        """
        checked = _checked(patch)
        with self._lock:
            for name, values in checked.items():
                self._values[name]["callbacks"].update(values.pop("callbacks", {}))
                self._values[name].update(deepcopy(values))
                if "seed" in values:
                    self._dice[name] = random.Random(values["seed"])  # noqa: S311

    def get(self, provider: str, knob: str) -> Any:
        with self._lock:
            head, _, tail = knob.partition(".")
            value = self._values[provider][head]
            return deepcopy(value[tail] if tail else value)

    def refusal(self, provider: str, address: str) -> int | None:
        """What a send to this address is refused with."""
        told = self.get(provider, "refusals")
        return told.get(address) or told.get("*") or None

    def draw(self, provider: str) -> str:
        """The fault of this request: the next scripted one, else by chance."""
        with self._lock:
            values = self._values[provider]
            if values["next"]:
                return str(values["next"].pop(0))
            if not values["faults"]:
                return "none"
            dice = self._dice[provider].random()
            for fault, chance in values["faults"].items():
                dice -= chance
                if dice < 0:
                    return str(fault)
            return "none"

    def happens(self, provider: str, knob: str) -> bool:
        """Roll the dice for a probability such as ``callbacks.lost``."""
        chance = self.get(provider, knob)
        with self._lock:
            return bool(chance) and self._dice[provider].random() < chance

    def lag(self, provider: str) -> None:
        milliseconds = self.get(provider, "latency_ms")
        if milliseconds:
            time.sleep(milliseconds / 1000)

    def hang(self, provider: str) -> None:
        """Hold the caller for ``hang_ms``, or until the sandbox is reset."""
        released = self._released
        released.wait(self.get(provider, "hang_ms") / 1000)


def _checked(patch: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(patch, Mapping):
        raise BadKnob("an object of twilio and sendgrid is expected")
    return {name: _checked_provider(name, values) for name, values in patch.items()}


def _checked_provider(name: str, values: Any) -> dict[str, Any]:
    if name not in PROVIDERS or not isinstance(values, Mapping):
        raise BadKnob(f"{name} is not a provider with knobs")
    checked = dict(values)
    if isinstance(checked.get("callbacks"), str | bool):
        checked["callbacks"] = {"on": checked["callbacks"] in ("on", True)}
    for knob, value in _flat(checked):
        if knob not in CHECKS or not CHECKS[knob](value):
            raise BadKnob(f"{name}.{knob} does not exist or cannot take this value")
    return checked


def _flat(values: dict[str, Any]) -> list[tuple[str, Any]]:
    callbacks = values.get("callbacks", {})
    if not isinstance(callbacks, Mapping):
        raise BadKnob("callbacks must be on, off or an object")
    rest = [(knob, value) for knob, value in values.items() if knob != "callbacks"]
    return rest + [(f"callbacks.{knob}", value) for knob, value in callbacks.items()]
