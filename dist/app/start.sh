#!/bin/sh
# Starts ucbridge in a Databricks App, with the arguments given. The program comes
# compressed and in parts, as an App takes no file of more than 10 MiB; and whether
# files stay executable there is not written down.
set -eu
dir=$(mktemp -d)
cat "$(dirname "$0")"/ucbridge.gz.* | gzip -d >"$dir/ucbridge"
chmod 700 "$dir/ucbridge"
exec "$dir/ucbridge" "$@" # SIGTERM reaches it
