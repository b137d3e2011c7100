"""Which resource a Reference means: by address, by what is contained, by business identifier, or by a search.

Source: HL7 FHIR R4, Bundle "Resolving references" and References.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from services.chassis.fhir import Issue
from services.referrals.fhir.elements import Element

_OUTERMOST = re.compile(r"Bundle\.entry\[\d+\]\.resource|\w+")
_BASE = re.compile(r"(https?://.*/)[A-Za-z]+/[A-Za-z0-9.-]{1,64}")


@dataclass
class References:
    """What every resource of a message may be called."""

    addresses: dict[str, Element] = field(default_factory=dict)
    """By fullUrl; and by `Entry#id` what is contained."""
    locals: dict[str, list[Element]] = field(default_factory=lambda: defaultdict(list))
    """By `Kind/id`."""
    identified: dict[tuple[str, str], list[Element]] = field(default_factory=lambda: defaultdict(list))
    """By (system, value) of a business identifier."""
    bases: dict[str, str] = field(default_factory=dict)
    """The server that an entry says it is from, by the path of its resource."""

    def resolve(self, reference: Element) -> Element | None:
        """The resource, when it came along and there is no doubt which one it is."""
        named = reference.child("reference").value
        if named is None:
            return self._identified_by(reference)
        if not isinstance(named, str):
            return None
        if named.startswith("#"):
            return self.addresses.get(_scoped(named, reference))
        if "?" in named:
            return self._found_by(named)
        plain = without_version(named)
        base = self.bases.get(_outermost(reference), "")
        return self.addresses.get(base + plain) or self.addresses.get(plain) or _only(self.locals.get(plain, []))

    def add(self, resource: Element, full_url: str | None) -> Iterator[Issue]:
        """A resource with all of its names; tells when one of them is taken."""
        kind, its_id = (resource.child(name).value for name in ("resourceType", "id"))
        if full_url:
            if full_url in self.addresses:
                yield Issue("invariant", "Each fullUrl of a Bundle is another one.", _beside(resource, "fullUrl"))
            self.addresses[full_url] = resource
            if match := _BASE.fullmatch(full_url):
                self.bases[resource.path] = match[1]
        if its_id:
            self.locals[f"{kind}/{its_id}"].append(resource)
        self.addresses.setdefault(_scoped("#", resource), resource)
        self._add_identifiers(resource)

    def add_contained(self, resource: Element) -> Iterator[Issue]:
        name = _scoped(f"#{resource.child('id').value}", resource)
        if name in self.addresses:
            yield Issue("invariant", "What is contained has an id of its own.", resource.child("id").path)
        self.addresses[name] = resource
        self._add_identifiers(resource)

    def _add_identifiers(self, resource: Element) -> None:
        for each in resource.each("identifier") or [resource.child("identifier")]:
            if key := _key(each):
                self.identified[key].append(resource)

    def _identified_by(self, reference: Element) -> Element | None:
        key = _key(reference.child("identifier"))
        found = self.identified.get(key, []) if key else []
        kind = reference.child("type").value
        return _only([each for each in found if kind in (None, each.child("resourceType").value)])

    def _found_by(self, search: str) -> Element | None:
        """A conditional reference such as `Practitioner?identifier=system|value`."""
        kind, key = searched(search)
        found = self.identified.get(key, []) if key else []
        return _only([each for each in found if each.child("resourceType").value == kind])


def searched(reference: str) -> tuple[str, tuple[str, str] | None]:
    """Of a conditional reference: the kind, and the identifier that it searches by, if it does just that."""
    try:
        address = urlsplit(reference)
        asked = parse_qsl(address.query, strict_parsing=True, max_num_fields=5)
    except ValueError:
        return "", None
    kind = address.path.rpartition("/")[2]
    if len(asked) != 1 or asked[0][0] != "identifier":
        return kind, None
    system, bar, value = asked[0][1].partition("|")
    return kind, (system, value) if bar else None


def without_version(address: str) -> str:
    return address.partition("/_history/")[0]


def _key(identifier: Element) -> tuple[str, str] | None:
    system, value = identifier.child("system").value, identifier.child("value").value
    return (system, value) if isinstance(system, str) and isinstance(value, str) else None


def _only(found: list[Element]) -> Element | None:
    return found[0] if len(found) == 1 else None


def _outermost(element: Element) -> str:
    outermost = _OUTERMOST.match(element.path)
    assert outermost
    return outermost[0]


def _scoped(name: str, element: Element) -> str:
    """What is contained has its name only inside the resource that contains it; `#` alone is that resource."""
    return _outermost(element) + name


def _beside(resource: Element, name: str) -> str:
    return f"{resource.path.removesuffix('.resource')}.{name}"
