#!/bin/sh
# Starts ucbridge in a Databricks App, with the arguments given. An App takes no
# file of more than 10 MiB, which the program is, and may not keep files executable.
set -eu
dir=$(mktemp -d)
gzip -dc "$(dirname "$0")/ucbridge.gz" >"$dir/ucbridge"
chmod 700 "$dir/ucbridge"
exec "$dir/ucbridge" "$@" # SIGTERM reaches it
