#!/bin/bash
# Everything the CUDA backend is measured by, in one command, on a machine with an NVIDIA GPU:
#   tests/gpu/run.sh [BUILD_FOLDER] [RESULT_FOLDER]
# Uses what was built (preset cuda, targets gpu_ops gpu_sample gpu_steps gpu_goldens bathyscope-cli); builds nothing. The tests need
# libQt6Test and libQt6Core; tests/gpu/pack.sh puts them beside the tests for a machine without Qt.
set -u
build=${1:-build/release}
out=${2:-gpu-results}
mkdir -p "$out"
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8
export BATHYSCOPE_CUDA_PLUGIN=$build/app/libbathyscope_cuda.so
[ -d "$build/gpu-lib" ] && export LD_LIBRARY_PATH=$build/gpu-lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
failed=0

step() { # step NAME SECONDS COMMAND...
    local name=$1 limit=$2
    shift 2
    echo "== $name"
    timeout "$limit" "$@" >"$out/$name.txt" 2>&1
    local code=$?
    tail -n 3 "$out/$name.txt"
    [ $code -eq 0 ] || { echo "$name: exit status $code"; failed=1; }
}

nvidia-smi >"$out/machine.txt" 2>&1
step ops 120 "$build/tests/gpu/gpu_ops"
step sample 120 "$build/tests/gpu/gpu_sample"
step steps 120 "$build/tests/gpu/gpu_steps"
step goldens 120 "$build/tests/gpu/gpu_goldens"
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck; do
        step "$tool" 90 compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/tests/gpu/gpu_ops" linear \
            latentAttention groupedAttention routing experts
        step "$tool-sample" 90 compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/tests/gpu/gpu_sample" edges
    done
fi
model=resources/models/nano-r1
step chat 30 "$build/app/bathyscope-cli" generate --model $model --device cuda:0 --temperature 0 --prompt "17 + 25 = ?"
step bench-cpu 60 "$build/app/bathyscope-cli" bench --model $model --device cpu
step bench-cuda 60 "$build/app/bathyscope-cli" bench --model $model --device cuda:0
step bench-cuda-no-overlap 60 env BATHYSCOPE_CUDA_PDL=0 "$build/app/bathyscope-cli" bench --model $model --device cuda:0
step bench-cuda-no-graph 60 env BATHYSCOPE_CUDA_GRAPH=0 "$build/app/bathyscope-cli" bench --model $model --device cuda:0
step steps-no-overlap 120 env BATHYSCOPE_CUDA_PDL=0 "$build/tests/gpu/gpu_steps"
exit $failed
