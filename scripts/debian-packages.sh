#!/usr/bin/env bash
# Installs what is missing of a group in debian-packages.txt, or says how. No service is started.
#   scripts/debian-packages.sh run|compile|test
set -euo pipefail
cd "$(dirname "$0")"

wanted=$(awk -v group="$1" '$1 == group { print $2 }' debian-packages.txt)
if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian. Install what gives the programs of these packages, then run"
    echo "\`touch .make/debian-packages\`: $(echo $wanted)"
    exit 1
fi >&2

missing=()
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "These Debian packages are missing. Install them and try again:"
    echo "  sudo $PWD/debian-packages.sh $1"
    echo "or, where services may start: sudo apt-get install ${missing[*]}"
    exit 1
fi >&2

# Debian asks this file before it starts a service; 101 means: do not.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
# No cluster of Debian's own on port 5432, no mail configuration.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections

export DEBIAN_FRONTEND=noninteractive
for pause in 5 20 60 no; do
    if apt-get -q update && apt-get -q install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null
    then
        exit 0
    fi
    [ "$pause" = no ] || sleep "$pause" # a registry that does not answer just now
done
echo "apt-get could not install: ${missing[*]}" >&2
exit 1
