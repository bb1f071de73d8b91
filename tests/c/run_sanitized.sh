#!/bin/sh
# The C core alone under sanitizers: every tests/c/test_*.c, linked with all of src, under
# AddressSanitizer and UBSan; test_threads.c under ThreadSanitizer and over each backend.
set -eu
cd "$(dirname "$0")/../.."

CC=gcc # clang needs a package of its own for OpenMP
STRICT="-std=c11 -Isrc -Wall -Wextra -Werror"
ADDRESS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
THREAD="-O1 -g -fsanitize=thread"
LINK="-pthread -lm"
BUILD=$(mktemp -d)
trap 'rm -rf "$BUILD"' EXIT

export TSAN_OPTIONS=halt_on_error=1
export ASAN_OPTIONS=detect_leaks=1

THREADS_SOURCES="src/cpu.c $(echo src/threads/*.c)"
CORE_SOURCES=
for source in src/*.c src/*/*.c; do
    case $source in
    src/core.c) ;; # written by Cython
    src/isa/baseline.c) CORE_SOURCES="$CORE_SOURCES $source" ;;
    src/isa/*) [ "$(uname -m)" != x86_64 ] || CORE_SOURCES="$CORE_SOURCES $source" ;;
    *) CORE_SOURCES="$CORE_SOURCES $source" ;;
    esac
done

# check NAME FLAGS SOURCES TESTS: compiles SOURCES once, two at a time, then links and runs each test
check() {
    objects=$BUILD/$1
    mkdir "$objects"
    export COMPILE="$CC $STRICT $2" OBJECTS="$objects"
    # shellcheck disable=SC2016,SC2086 # the inner shell expands; lists are split on purpose
    printf '%s\n' $3 $4 | xargs -P 2 -I{} sh -c '$COMPILE -c {} -o "$OBJECTS/$(echo {} | tr / _).o"'
    for test in $4; do
        program=$objects/$(basename "$test" .c)
        # shellcheck disable=SC2046,SC2086
        $CC $2 "$objects/$(echo "$test" | tr / _).o" "$objects"/src_*.o -o "$program" $LINK
        result=$("$program")
        echo "$1: $result"
    done
}

check address "$ADDRESS" "$CORE_SOURCES" "$(echo tests/c/test_*.c)"
check thread "$THREAD" "$THREADS_SOURCES" tests/c/test_threads.c
check openmp "$ADDRESS -fopenmp -DPYCONV_THREADING_OPENMP" "$THREADS_SOURCES" tests/c/test_threads.c
check serial "$ADDRESS -DPYCONV_THREADING_SERIAL" "$THREADS_SOURCES" tests/c/test_threads.c
