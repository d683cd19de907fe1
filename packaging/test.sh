#!/usr/bin/env bash
# Installs what is needed, builds what packaging/run.sh starts, and runs every test on it. Arguments go to CTest.
# With sanitizers: cmake --preset dev && cmake --build --preset dev && ctest --preset dev
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/dependencies.sh
. packaging/dependencies.sh

install_missing "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}"
cmake --preset release -DBATHYSCOPE_TESTS=ON
cmake --build --preset release -j "$(build_jobs)"
# CTest's own summary is the last thing printed.
exec ctest --preset release -j "$(nproc)" "$@"
