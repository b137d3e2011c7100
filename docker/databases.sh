#!/usr/bin/env bash
# Run once by the postgres image, on an empty volume: each service gets a database, and a role that may enter only that.
set -euo pipefail

superuser() { psql --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres "$@"; }

for service in referrals booking notify web; do
    password_file=/run/secrets/postgres_${service}_password superuser --set=service="$service" <<'SQL'
\set password `cat "$password_file"`
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" TEMPLATE template0
    ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
superuser --command "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC"
