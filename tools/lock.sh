#!/bin/sh
# Pin every package, with hashes for every Python and system we run on. Uses uv, in an environment of its own.
set -eu
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
.venv/bin/python -m venv "$place"
"$place/bin/pip" install --quiet uv
uv() { "$place/bin/uv" pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url "$@"; }
uv --extra local pyproject.toml --output-file requirements.lock
uv --extra local --extra dev pyproject.toml --output-file requirements-dev.lock
# the image runs no server of its own
uv --constraint requirements.lock pyproject.toml --output-file requirements-image.lock
