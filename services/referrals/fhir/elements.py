"""Elements of a FHIR message that know where they stand, so that an error can point at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Element(NamedTuple):
    """A value and its FHIRPath. An element that is absent has the value None and the path it would have."""

    value: Any
    path: str

    def child(self, name: str) -> Element:
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Element(value, f"{self.path}.{name}")

    def each(self, name: str) -> list[Element]:
        items = self.child(name)
        values = items.value if isinstance(items.value, list) else []
        return [Element(value, f"{items.path}[{place}]") for place, value in enumerate(values)]

    def first(self, name: str) -> Element:
        return next(iter(self.each(name)), self.child(name))

    def extension(self, url: str, kind: str) -> Element:
        """The value of an extension, `kind` being like valueCode."""
        found = (each for each in self.each("extension") if each.child("url").value == url)
        return next((each.child(kind) for each in found), Element(None, f"{self.path}.extension"))

    def codes(self, system: str) -> list[Element]:
        """The codes of one system in a CodeableConcept."""
        return [each.child("code") for each in self.each("coding") if each.child("system").value == system]

    def words(self) -> Element:
        """What a CodeableConcept says in words."""
        coding = self.first("coding")
        said = (self.child("text"), coding.child("display"), coding.child("code"))
        return next((each for each in said if each.value is not None), self.child("text"))


@dataclass
class Draft:
    """An intake document as it grows, and where in the message each of its fields came from."""

    document: dict[str, Any] = field(default_factory=dict)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def put(self, name: str, element: Element) -> None:
        """What is absent stays out of the document; where it would be is known nevertheless."""
        self.origins[(name,)] = element.path
        if element.value is not None:
            self.document[name] = element.value

    def put_or_ask(self, name: str, element: Element) -> None:
        """For what would else be taken as usual: it is said that nothing was said."""
        self.put(name, element)
        self.document[name] = element.value

    def put_each(self, name: str, elements: list[Element], origin: str) -> None:
        """A list without repetitions; `origin` is where its items would be."""
        unique = {str(each.value): each for each in elements if each.value is not None}
        self.origins[(name,)] = origin
        if unique:
            self.document[name] = [each.value for each in unique.values()]
        for place, each in enumerate(unique.values()):
            self.origins[(name, str(place))] = each.path

    def put_draft(self, name: str, draft: Draft, origin: str) -> None:
        self.document[name] = draft.document
        self.origins[(name,)] = origin
        self.origins.update({(name, *path): where for path, where in draft.origins.items()})

    def put_drafts(self, name: str, drafts: list[tuple[Draft, str]]) -> None:
        """Each with the place that it came from."""
        self.document[name] = [draft.document for draft, _ in drafts]
        for place, (draft, origin) in enumerate(drafts):
            self.origins.setdefault((name,), origin)
            self.origins[(name, str(place))] = origin
            self.origins.update({(name, str(place), *path): where for path, where in draft.origins.items()})

    def origin(self, path: tuple[str, ...]) -> str | None:
        """Where a field came from, or the nearest that contains it."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path)
