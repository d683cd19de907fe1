#!/usr/bin/env bash
# Installs what is needed, builds, and opens Bathyscope with the bundled model.
# Without a display: the chat in the terminal. Arguments go to the program.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=packaging/dependencies.sh
. "$root/packaging/dependencies.sh"

install_missing "${build_packages[@]}" "${run_packages[@]}"
# The caller's folder stays the current one: the paths among the arguments are the caller's.
(
    cd "$root"
    [ -f build/release/build.ninja ] || cmake --preset release -DBATHYSCOPE_TESTS=OFF
    cmake --build build/release -j "$(build_jobs)" --target bathyscope bathyscope-cli
)

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$root/build/release/app/bathyscope" "$@"
fi
echo "No display here: chatting in the terminal. End with Ctrl+D."
exec "$root/build/release/app/bathyscope-cli" chat "$@"
