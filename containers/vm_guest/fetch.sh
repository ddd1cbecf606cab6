#!/bin/sh
# Fetches Debian packages into the folder $1: after it come three words a package, its name, its
# version, and the package that depends on the newest of its kind. A version that has left the
# mirror is replaced by the newest. apt checks all signatures; APT_CONFIG says which apt this is.
set -eu
cd "$1"
shift
apt-get update -qq
while [ $# -ge 3 ]; do
    if ! apt-get download -qq "$1=$2" 2> /dev/null; then
        name=$(apt-cache depends "$3" | sed -n 's/^ *Depends: //p' | head -n 1)
        apt-get download -qq "${name:-$3}"
    fi
    shift 3
done
