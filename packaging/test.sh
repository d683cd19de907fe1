#!/usr/bin/env bash
# Installs what is needed, builds with sanitizers and runs every test. Arguments go to CTest.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/dependencies.sh
. packaging/dependencies.sh

install_missing "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
cmake --preset dev
cmake --build --preset dev -j "$(build_jobs)"
# CTest's own summary is the last thing printed.
exec ctest --preset dev -j "$(nproc)" "$@"
