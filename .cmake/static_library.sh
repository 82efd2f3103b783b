#!/bin/sh
# Makes a static library that has code for several levels of x86-64, of which none is shared between levels.
#
# usage: static_library.sh OUTPUT ARCHIVE... [v3=ARCHIVE] [v4=ARCHIVE]    environment: CXX, OBJCOPY, NM, AR
#
# A linker keeps one copy of each inline function of a program, whichever unit it is from. So the code of each level is first linked
# into one object, in which every name is local except furl_level_v3 or furl_level_v4. The library is one such object, of which only
# the C functions are visible.
set -eu

output=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Links archives whole into one object, and merges the copies of inline functions in it.
into_one() {
    object=$1
    shift
    # shellcheck disable=SC2086  # CXX may be "ccache g++"
    ${CXX:-c++} -r -nostdlib -Wl,--force-group-allocation -Wl,--whole-archive "$@" -o "$object"
}

# only_global IN OUT OPTION...: makes all names local but those that the options of objcopy keep. It makes no names local that g++
# marks as unique in a process, so they are made weak before.
only_global() {
    from=$1
    to=$2
    shift 2
    "${NM:-nm}" --defined-only --format=posix "$from" | sed -n 's/ u .*//p' > "$work/unique"
    [ ! -s "$work/unique" ] || "${OBJCOPY:-objcopy}" --weaken-symbols="$work/unique" "$from"
    "${OBJCOPY:-objcopy}" "$@" "$from" "$to"
}

objects=
plain=
for argument in "$@"; do
    case $argument in
        v3=* | v4=*)
            level=${argument%%=*}
            into_one "$work/$level.all" "${argument#*=}"
            only_global "$work/$level.all" "$work/$level.o" --keep-global-symbol="furl_level_$level"
            objects="$objects $work/$level.o"
            ;;
        *) plain="$plain $argument" ;;
    esac
done
# shellcheck disable=SC2086  # no space in them
into_one "$work/all" $plain $objects
only_global "$work/all" "$work/furl.o" --wildcard --keep-global-symbol='!furl_level_*' --keep-global-symbol='furl_*'
rm -f "$output"
"${AR:-ar}" crs "$output" "$work/furl.o"
