#!/bin/sh
# Install RabbitMQ from the system's packages, as root, and leave no service of it running or enabled: the stack runs
# a private node of its own. Touches nothing that was installed before.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

units=
installed rabbitmq-server || units="$units rabbitmq-server.service"
installed erlang-base || units="$units epmd.service epmd.socket"

# The system asks this file whether a freshly installed service may start.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi

apt-get update -qq
apt-get install -y -qq --no-install-recommends rabbitmq-server

if [ -d /run/systemd/system ]; then
    for unit in $units; do
        systemctl disable --now --quiet "$unit" 2>/dev/null || true
    done
fi
