#!/bin/sh
# Make .venv and install what is pinned, with hashes: `environment.sh run` for running, `environment.sh dev` for tests
# and checks too. The Makefile calls it when a lock file is newer than what is installed.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
kind=${1:?run or dev}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '== %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            has_venv "$candidate" && { python=$candidate; return; }
            incomplete=${incomplete:-$candidate}
        fi
    done
    [ -n "${incomplete:-}" ] || fail "Fascia needs Python 3.11, 3.12 or 3.13, and none is on the PATH."
    add_venv_to "$incomplete"
}

add_venv_to() {
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $package"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
    fi
    has_venv "$1" || fail "$1 lacks the module venv. On Debian and Ubuntu: sudo apt-get install $package"
    python=$1
}

# Runs quietly, with a sign of life every ten seconds and the time it took.
step() {
    what=$1; shift
    say "$what"
    began=$(date +%s)
    "$@" &
    working=$!
    trap 'kill $working 2>/dev/null; exit 130' INT TERM
    waited=0
    while kill -0 $working 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
        if [ $((waited % 10)) = 0 ]; then say "  still at it after $waited s"; fi
    done
    wait $working || fail "$what failed"
    trap - INT TERM
    say "  done in $(($(date +%s) - began)) s"
}

find_python
if [ "$(cat .venv/made-in 2>/dev/null)" != "$root" ] || ! fits .venv/bin/python; then
    step "making .venv with $("$python" --version)" "$python" -m venv --clear .venv
fi

case $kind in
run) lock=requirements.lock ;;
dev) lock=requirements-dev.lock ;;
*) fail "run or dev" ;;
esac
step "installing $(grep -c '^[a-z].*==' "$lock") packages from $lock" \
    .venv/bin/python -m pip install -qq --require-hashes -r "$lock"

# Our own package is used where it lies: a path for imports, and the command. Needs no build tool.
printf '%s\n' "$root" > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/fascia.pth"
rm -f .venv/bin/fascia
cat > .venv/bin/fascia <<COMMAND
#!/bin/sh
exec "$root/.venv/bin/python" -c 'from services.cli import main; main(prog_name="fascia")' "\$@"
COMMAND
chmod 755 .venv/bin/fascia

printf '%s' "$root" > .venv/made-in
touch .venv/installed
if [ "$kind" = dev ]; then touch .venv/installed-dev; fi
