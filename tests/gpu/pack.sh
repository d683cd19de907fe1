#!/bin/bash
# Puts the shared libraries of the GPU tests beside them, for a machine where they are not installed:
#   tests/gpu/pack.sh [BUILD_FOLDER]
set -eu
build=${1:-build/release}
mkdir -p "$build/gpu-lib"
find "$build/tests/gpu" "$build/app/bathyscope-cli" -maxdepth 1 -type f -executable -exec ldd {} + |
    awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
    grep -v -E '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*|libresolv)\.so' |
    xargs -r cp -L -t "$build/gpu-lib"
du -sh "$build/gpu-lib"
