#!/bin/bash
# Everything the CUDA backend is proven and measured by, in one command of at most eight minutes, on a machine with an
# NVIDIA GPU:
#   tests/gpu/run.sh [BUILD_FOLDER] [RESULT_FOLDER] [PART]
# PART: tests, numbers or sanitizers; all three, in this order, if it is not named.
# Uses what was built (preset cuda: bathyscope-cli and the targets gpu_*); builds nothing. The tests need libQt6Test and
# libQt6Core; tests/gpu/pack.sh puts them beside the tests for a machine without Qt.
# Each step writes RESULT_FOLDER/NAME.txt; summary.md has a line for each. A step that does not fit into the time left is
# skipped and says so. V2_LITE_CONFIG and V3_CONFIG name the config.json files whose models are made and measured.
set -u
build=${1:-build/release}
out=${2:-gpu-results}
part=${3:-all}
total=${GPU_SECONDS:-480}
mkdir -p "$out"
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8
export BATHYSCOPE_CUDA_PLUGIN=$build/app/libbathyscope_cuda.so
[ -d "$build/gpu-lib" ] && export LD_LIBRARY_PATH=$build/gpu-lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
cli=$build/app/bathyscope-cli
device=${GPU_DEVICE:-cuda:0}
failed=0
printf '| step | result | seconds |\n|---|---|---|\n' >"$out/summary.md"

note() { echo "| $1 | $2 | $3 |" >>"$out/summary.md"; }
step() { # step NAME SECONDS COMMAND...
    local name=$1 limit=$2 start=$SECONDS result
    shift 2
    if [ $((SECONDS + limit)) -gt "$total" ]; then limit=$((total - SECONDS)); fi
    echo "== $name"
    if [ "$limit" -lt 5 ]; then
        echo "SKIPPED: no time is left"
        note "$name" "skipped: no time is left" 0
        return 1
    fi
    timeout "$limit" "$@" >"$out/$name.txt" 2>&1
    local code=$?
    tail -n 3 "$out/$name.txt"
    case $code in
    77) result=skipped ;; # by itself: there is no GPU
    0)
        result=ok
        ! grep -q '^Totals: 0 passed, 0 failed' "$out/$name.txt" || result=skipped
        ;;
    124) result="**out of its $limit s**" ;;
    *) result="**exit status $code**" ;;
    esac
    note "$name" "$result" $((SECONDS - start))
    case $result in ok | skipped) return 0 ;; esac
    failed=1
    return 1
}
skip() { echo "== $1: SKIPPED: $2"; note "$1" "skipped: $2" 0; }

nvidia-smi >"$out/machine.txt" 2>&1
model=resources/models/nano-r1
bench() { # bench NAME CONFIG STORAGE LAYERS [OPTIONS OF bench]
    local name=$1 config=$2 storage=$3 layers=$4 folder
    shift 4
    [ -n "$config" ] && [ -r "$config" ] || { skip "bench-$name" "no config.json is named"; return; }
    folder=${TMPDIR:-/tmp}/bathyscope-$name
    [ -e "$folder/config.json" ] ||
        step "synth-$name" 60 "$cli" synth --config "$config" --out "$folder" --storage "$storage" $layers || return
    step "expect-$name" 20 "$cli" expect --model "$folder"
    step "bench-$name" 60 "$cli" bench --model "$folder" --device "$device" --repeat 3
    [ $# = 0 ] || step "bench-$name-all-fp8" 60 "$cli" bench --model "$folder" --device "$device" --repeat 3 "$@"
    rm -rf "$folder"
}
run_tests() {
    for test in ops sample products tiles gemm_fp8 attention gqa fp8_cache experts route; do
        step "${test//_/-}" 40 "$build/tests/gpu/gpu_$test"
    done
    step steps 60 "$build/tests/gpu/gpu_steps"
    step goldens 60 "$build/tests/gpu/gpu_goldens"
    step verify 60 "$cli" verify --device "$device" --model $model
    step verify-fp8 60 "$cli" verify --device "$device" --model $model --activations fp8 --cache fp8
    step chat 30 "$cli" generate --model $model --device "$device" --temperature 0 --prompt "17 + 25 = ?"
}
run_numbers() {
    step kernels 120 "$build/tests/gpu/gpu_kernels"
    step bench-nano 30 "$cli" bench --model $model --device "$device"
    BATHYSCOPE_CUDA_PDL=0 step bench-nano-without-pdl 30 "$cli" bench --model $model --device "$device"
    BATHYSCOPE_CUDA_GRAPH=0 step bench-nano-without-graph 30 "$cli" bench --model $model --device "$device"
    BATHYSCOPE_CUDA_PDL=0 step steps-without-pdl 40 "$build/tests/gpu/gpu_steps"
    bench v2-lite-bf16 "${V2_LITE_CONFIG:-}" bf16 ""
    bench v3-6-layers-fp8 "${V3_CONFIG:-}" fp8 "--layers 6" --activations fp8 --cache fp8
    bench v2-lite-fp8 "${V2_LITE_CONFIG:-}" fp8 ""
}
sanitize() { # sanitize TEST SECONDS [FUNCTIONS...]: with all tools
    local test=$1 limit=$2 tool
    shift 2
    for tool in memcheck racecheck initcheck; do
        step "$tool-${test//_/-}" "$limit" compute-sanitizer --tool "$tool" --error-exitcode 9 \
            "$build/tests/gpu/gpu_$test" "$@"
    done
}
run_sanitizers() {
    command -v compute-sanitizer >/dev/null || { skip sanitizers "there is no compute-sanitizer"; return; }
    sanitize ops 40 latentAttention groupedAttention routing experts
    sanitize gemm_fp8 30 grouped
    sanitize products 20 fewTokens
    sanitize sample 20 edges
    for test in attention gqa fp8_cache experts tiles; do
        sanitize $test 30
    done
}
case $part in
tests | numbers | sanitizers) "run_$part" ;;
all)
    run_tests
    run_numbers
    run_sanitizers
    ;;
*)
    echo "There is no part $part: tests, numbers, sanitizers."
    exit 2
    ;;
esac
cat "$out/summary.md"
exit $failed
