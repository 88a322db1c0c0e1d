#!/bin/sh
# One shot: both databases of the Temporal server, created or brought up to the version of this image.
# The password comes in SQL_PASSWORD.
set -eu

schema() {
  tool="temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db $1"
  versions="/etc/temporal/schema/postgresql/v12/$2/versioned"
  # An existing database is only updated; setting it up again would start its version at 0.0.
  $tool update-schema -d "$versions" && return
  $tool create
  $tool setup-schema -v 0.0
  $tool update-schema -d "$versions"
}

schema temporal temporal
schema temporal_visibility visibility
