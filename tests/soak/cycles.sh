#!/bin/sh
# SPDX-License-Identifier: MIT
# Thousands of mounts and unmounts in one process; nothing grows.
# alone: yes
. "${0%/*}/../system/lib.sh"

mkdir -p "$MNT"
many cycles $((1000 + SOAK_SECONDS)) "$MNT"
