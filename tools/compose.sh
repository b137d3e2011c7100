#!/usr/bin/env bash
# The stack in Docker.
#   tools/compose.sh up      makes the secrets (once) and the image, starts everything, waits until it is ready
#   tools/compose.sh down    stops it and removes the containers; data stay in their volumes (down --volumes deletes them)
# Anything else goes to compose as it is: tools/compose.sh ps. BUILD_OPTIONS are handed to `docker build`.
set -euo pipefail
cd "$(dirname "$0")/.."

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

make_secrets() {
    # a folder of its owner's alone; root in the container only hands the files over
    (umask 077 && mkdir -p secrets)
    docker run --rm --user 0 --network none --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
        --volume "$PWD/secrets:/secrets" fascia python docker/make_secrets.py /secrets
}

wait_until_ready() {
    local deadline=$((SECONDS + 120))
    while someone_is_unwell; do
        [ $SECONDS -lt $deadline ] || { compose ps; echo "not ready yet; see: tools/compose.sh logs" >&2; exit 1; }
        sleep 1
    done
}

someone_is_unwell() {
    # shellcheck disable=SC2046 # an id is one word
    docker inspect --format '{{with .State.Health}}{{.Status}}{{end}}' $(compose ps -q) | grep -Eq 'starting|unhealthy'
}

up() {
    # shellcheck disable=SC2086 # several options may be given
    docker build ${BUILD_OPTIONS:-} --tag fascia .
    make_secrets
    compose up --detach --no-build "$@"
    wait_until_ready
    cat <<NEXT

Fascia answers at http://$(compose port web 8000)
  a token          tools/compose.sh exec web fascia tokens create --role admin
  more workers     tools/compose.sh up --scale booking-worker=3
  what happens     tools/compose.sh logs --follow
  stop             tools/compose.sh down
NEXT
}

case ${1:-} in
up) shift && up "$@" ;;
'') sed -n '2,5s/^# //p' "$0" ;;
*) compose "$@" ;;
esac
