"""What was sent, once it is read, on its way to become a referral."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.chassis.ids import new_id
from services.referrals.intake.reading import primitives


@dataclass(frozen=True, slots=True)
class Order:
    id: UUID
    """Of the referral that it may become."""
    intake: dict[str, Any]
    """What `intake.read` or `intake.read_open` gave."""
    said: dict[str, Any]
    """The same as JSON knows it."""
    missing: Sequence[str]

    @classmethod
    def of(cls, intake: dict[str, Any], missing: Sequence[str] = ()) -> Order:
        return cls(new_id(), intake, primitives(intake), missing)

    def anew(self) -> Order:
        return replace(self, id=new_id())

    @property
    def renews(self) -> bool:
        """Whether it names a referral that it continues."""
        return bool(self.said["renews"] or self.said["replaces"])

    @property
    def physicians(self) -> list[dict[str, Any]]:
        return [self.said["physician"], *(copy["physician"] for copy in self.said["copy_to"])]
