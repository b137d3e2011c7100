"""Reads a clinic file. YAML 1.1 would turn 10:00 into the number 600; here times and dates stay text."""

from __future__ import annotations

import re
from typing import Any

import yaml

_LEFT_AS_TEXT = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _LEFT_AS_TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


# A licence's number such as 027431 stays text too: YAML 1.1 would read it to the base of eight.
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]{0,17})$"), list("-0123456789"))


def read(text: str) -> Any:
    """The file's content as JSON knows it. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506
