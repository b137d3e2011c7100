"""Text that people write and PostgreSQL can keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

_NOT_KEPT = re.compile(r"[\x00\ud800-\udfff]")
"""NUL, and halves of characters, which are no Unicode text."""


class Text(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _NOT_KEPT.search(text):
            raise ValidationError("Leave out the characters that cannot be shown.")
        return text
