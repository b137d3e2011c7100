#!/usr/bin/env bash
# Run once by the postgres image, on an empty volume: each service gets a database, a role that owns it and is used by the
# migration alone, and a role that may enter only that, read and write its rows, and change nothing about its tables.
set -euo pipefail
secrets=${SECRETS:-/run/secrets}

superuser() { psql --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres "$@"; }

for service in referrals booking notify web; do
    password_file=$secrets/postgres_${service}_password owner_file=$secrets/postgres_${service}_owner_password \
        superuser --set=service="$service" --set=owner="${service}_owner" <<'SQL'
\set password `cat "$password_file"`
\set owner_password `cat "$owner_file"`
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE DATABASE :"service" OWNER :"owner" TEMPLATE template0
    ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"service" TO :"service";
\connect :"service"
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"service";
SQL
done
superuser --command "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC"
