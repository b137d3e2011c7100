"""Whether a resource is as FHIR R4 says, by the models of fhir.resources.

They are loaded on first use: most processes of the practice never see FHIR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from services.chassis.fhir import Issue
from services.referrals.fhir.elements import Element

MISSHAPEN = "This is not as FHIR R4 describes it."
UNKNOWN_ELEMENT = "There is an element here that FHIR R4 does not have."
_ELEMENT_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,40}")


def faults(resource: Element) -> list[Issue]:
    """What is wrong with one resource; sentences of ours, because the models' quote what was sent."""
    from pydantic import ValidationError

    model = _model(resource.child("resourceType").value)
    if model is None:
        return [Issue("not-supported", "FHIR R4 has no such resource.", resource.path)]
    if _is_modified(resource.value):
        return list(_modifiers(resource))
    try:
        model.model_validate(resource.value)
    except ValidationError as error:
        found = error.errors(include_input=False)
        return [_issue(resource.path, each["type"], each["loc"]) for each in found]
    except Exception:
        return [Issue("structure", MISSHAPEN, resource.path)]
    return []


MODIFIERS = ("modifierExtension", "implicitRules")


def _is_modified(value: Any) -> bool:
    """Whether there are any, for nearly always there are none."""
    if isinstance(value, dict):
        return any(value.get(name) is not None for name in MODIFIERS) or any(map(_is_modified, value.values()))
    return isinstance(value, list) and any(map(_is_modified, value))


def _modifiers(element: Element) -> Iterator[Issue]:
    """What may change the meaning of all that stands beside it: whoever does not understand it must not go on."""
    for name in MODIFIERS:
        if element.child(name).value is not None:
            yield Issue("not-supported", f"This has {name}, which is not understood.", element.child(name).path)
    for name, value in element.value.items() if isinstance(element.value, dict) else ():
        if isinstance(value, dict):
            yield from _modifiers(element.child(name))
        elif isinstance(value, list):
            yield from (issue for one in element.each(name) for issue in _modifiers(one))


def _model(kind: Any) -> Any:
    from fhir.resources.R4B import get_fhir_model_class
    from fhir.resources.R4B.resource import Resource

    try:
        model = get_fhir_model_class(kind)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return model if issubclass(model, Resource) else None


def _issue(path: str, problem: str, location: tuple[str | int, ...]) -> Issue:
    if problem == "extra_forbidden":
        return Issue("structure", UNKNOWN_ELEMENT, _path(path, location[:-1]))
    where = _path(path, location)
    if problem.endswith("missing"):
        return Issue("required", "This is required.", where)
    return Issue("structure", MISSHAPEN, where)


def _path(path: str, location: tuple[str | int, ...]) -> str:
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "root" and _ELEMENT_NAME.fullmatch(step):
            path += f".{step}"
    return path
