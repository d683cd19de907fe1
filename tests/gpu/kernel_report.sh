#!/bin/bash
# What the compiler made of every kernel: registers, spills, shared memory, and the instructions that decide how fast it
# can be, counted in the whole kernel (static, not executed):
#   tests/gpu/kernel_report.sh [PLUGIN] [ARCHITECTURE]
# Needs cuobjdump of the CUDA Toolkit, in the PATH or named by CUOBJDUMP; no GPU.
set -u
plugin=${1:-build/release/app/libbathyscope_cuda.so}
arch=${2:-sm_90a}
tool=${CUOBJDUMP:-cuobjdump}
if ! command -v "$tool" >/dev/null; then
    echo "SKIPPED: there is no cuobjdump; install the CUDA Toolkit or name it in CUOBJDUMP."
    exit 0
fi
[ -r "$plugin" ] || { echo "$plugin cannot be read; build the target bathyscope_cuda."; exit 1; }
demangle=cat
command -v c++filt >/dev/null && demangle=c++filt

usage() { # name registers stack shared
    "$tool" --dump-resource-usage -arch "$arch" "$plugin" 2>/dev/null | awk '
        /Function / { name = $2; sub(/:$/, "", name) }
        /REG:/ { match($0, /REG:[0-9]+/); reg = substr($0, RSTART + 4, RLENGTH - 4)
                 match($0, /STACK:[0-9]+/); stack = substr($0, RSTART + 6, RLENGTH - 6)
                 match($0, /SHARED:[0-9]+/); shared = substr($0, RSTART + 7, RLENGTH - 7)
                 print name, reg, stack, shared }'
}
counts() { # name, then how many of each
    "$tool" -sass -arch "$arch" "$plugin" 2>/dev/null | awk '
        function flush() { if (name != "") print name, n, ldg128, ldgsts, lds, mma, ffma, cvt, ldl + stl }
        /Function :/ { flush(); name = $3; n = ldg128 = ldgsts = lds = mma = ffma = cvt = ldl = stl = 0 }
        /^[ \t]+\/\*[0-9a-f]+\*\// { ++n }
        /LDG[.A-Z0-9]*\.128/ { ++ldg128 }
        /LDGSTS/ { ++ldgsts }
        /LDSM|LDS[. ]/ { ++lds }
        /HMMA|QMMA|HGMMA|QGMMA/ { ++mma }
        /FFMA/ { ++ffma }
        /F2F|F2FP|HADD2\.F32/ { ++cvt }
        /[ ]LDL/ { ++ldl }
        /[ ]STL/ { ++stl }
        END { flush() }'
}

echo "| kernel ($arch) | registers | stack | shared | instructions | LDG.128 | LDGSTS | LDS | MMA | FFMA | conversions | local |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
join <(usage | sort) <(counts | sort) | while read -r name rest; do
    echo "| \`$(echo "$name" | $demangle | sed -E 's/engine::backend::(cuda::)?//g; s/\(anonymous namespace\):://g; s/\(.*$//')\` | ${rest// / | } |"
done
