#!/bin/bash
# Puts the shared libraries of the GPU tests beside them, for a machine where they are not installed:
#   tests/gpu/pack.sh [BUILD_FOLDER]
set -eu
build=${1:-build/release}
mkdir -p "$build/gpu-lib"
ldd "$build"/tests/gpu/gpu_{kernels,ops,sample,products,gemm_fp8,attention,steps,goldens} "$build/app/bathyscope-cli" |
    awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
    grep -v -E '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*|libresolv)\.so' |
    xargs -r cp -L -t "$build/gpu-lib"
du -sh "$build/gpu-lib"
