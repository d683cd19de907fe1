#!/bin/bash
# tests/fuzz/run.sh TARGET [RUNS]: runs build/fuzz/tests/fuzz/fuzz_TARGET from its seeds, with the inputs it collects in
# build/fuzz/corpus/TARGET. What crashes or hangs is left there; give it a name in tests/fuzz/found.
set -e
cd "$(dirname "$0")/../.."
target=$1
program=$PWD/build/fuzz/tests/fuzz/fuzz_$target
work=$PWD/build/fuzz/corpus/$target
"$program" --write-seeds="$work"
mkdir -p "$work/collected"
cd "$work"
ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 exec nice -n 19 "$program" collected seeds \
    -dict=dictionary.txt -runs="${2:-500000}" -max_len=16384 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1
