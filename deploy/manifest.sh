#!/bin/sh
# Renders deploy/install.yaml from the chart: `make manifest`. The first argument
# is the helm to use.
set -eu
cd "$(dirname "$0")/.."
rendered=$("$1" template pullgate deploy/chart/pullgate --namespace pullgate-system --kube-version 1.30.0 --set plainManifest=true --skip-tests)
cat <<'HEADER'
# pullgate, installed with: kubectl apply -f install.yaml
#
# Rendered from chart/pullgate by `make manifest`; do not edit. Order matters only
# to readers: everything here may be applied at once and again. pullgate waits for
# what it needs and says in its log what is missing.
HEADER
# Helm tells of each document which file it is from, which is no news here.
printf '%s\n' "$rendered" | sed -e '/^# Source: /d' -e '/^ *$/d'
