#!/bin/sh
# One shot: the namespace and the search attributes that the project's processes set. Safe to run again.
set -eu

# A new namespace takes some seconds to be known everywhere, hence the patience.
patiently() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
      echo "gave up after $tries tries: $*" >&2
      exit 1
    fi
    sleep 2
  done
}

namespace() {
  temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
}

attribute() {
  temporal operator search-attribute list -n "$TEMPORAL_NAMESPACE" | grep -qw "$1" ||
    temporal operator search-attribute create -n "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}

patiently temporal operator cluster health
patiently namespace
patiently attribute ClaimStep Keyword
patiently attribute ClaimOutcome Keyword
patiently attribute ClaimAmount Int
patiently attribute NeedsAttention Bool
patiently attribute FragmentTasks KeywordList
patiently attribute TaskDue Datetime
