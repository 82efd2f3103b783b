# What the scripts */run share: what a machine needs, and how it gets it.

say() { printf '%s: %s\n' "$0" "$*" >&2; }
fail() { say "$@"; exit 1; }
has() { command -v "$1" > /dev/null 2>&1; }

# included NAME HEADER: whether pkg-config knows the library, or the compiler finds its header.
included() {
    pkg-config --exists "$1" 2> /dev/null && return
    # shellcheck disable=SC2086  # CXX may be "ccache g++"
    ${CXX:-c++} -E -x c++ -include "$2" /dev/null > /dev/null 2>&1
}

# Whether what a Debian package gives is here, from whatever source. What nobody can ask for here is left to Meson.
provided() {
    case $1 in
        clang | clang-[0-9]*) has "${1/clang/clang++}" ;;
        ninja-build) has ninja ;;
        pkgconf) has pkg-config ;;
        gnuplot-nox) has gnuplot ;;
        graphviz) has dot ;;
        nodejs) has node ;;
        libxsimd-dev) included xsimd xsimd/xsimd.hpp ;;
        libboost-dev) included hana boost/hana/version.hpp ;;
        doctest-dev) included doctest doctest/doctest.h ;;
        libbenchmark-dev) included benchmark benchmark/benchmark.h ;;
        nlohmann-json3-dev) included nlohmann_json nlohmann/json.hpp ;;
        libeigen3-dev) included eigen3 Eigen/Core ;;
        libcli11-dev) included CLI11 CLI/CLI.hpp ;;
        zlib1g-dev) included zlib zlib.h ;;
        libdlib-dev) included dlib-1 dlib/dnn.h ;;
        libtorch-dev) included torch torch/csrc/api/include/torch/torch.h ;;
        pocl-opencl-icd) compgen -G '/etc/OpenCL/vendors/*.icd' > /dev/null ;;
        ocl-icd-opencl-dev | opencl-headers) included OpenCL CL/cl.h ;;
        libopenmpi-dev) included mpi-c mpi.h ;;
        openmpi-bin) has mpirun ;;
        libtbb-dev) included tbb tbb/parallel_for.h ;;
        libjs-katex) [[ -d /usr/share/javascript/katex ]] ;;
        doxygen-awesome-css) [[ -d /usr/share/doxygen-awesome-css ]] ;;
        qemu-user) has qemu-x86_64 ;;
        python3-torch) [[ -d /usr/lib/python3/dist-packages/torch ]] ;;
        python3-dev) compgen -G '/usr/include/python3*/Python.h' > /dev/null ;;
        pybind11-dev) included pybind11 pybind11/detail/common.h ;;
        python3-numpy) /usr/bin/python3 -c 'import numpy' 2> /dev/null ;;
        lib*) ! has dpkg-query ;;
        *) has "$1" ;;
    esac
}

# compiler_packages COMPILER: the packages of what is missing of a command such as "g++-13" or "ccache clang++".
compiler_packages() {
    local word name
    for word in $1; do
        [[ $word != -* ]] || break
        ! has "$word" || continue
        name=${word##*/}
        [[ $word == "$name" || $word == "/usr/bin/$name" ]] || fail "there is no compiler $word"
        case $name in
            ccache | distcc | sccache | g++ | g++-[0-9]*) echo "$name" ;;
            c++) echo g++ ;;
            clang++ | clang++-[0-9]*) echo "${name/clang++/clang}" ;;
            *-linux-gnu*-g++ | *-linux-gnu*-g++-[0-9]*) name=${name//_/-}; echo "g++${name##*-g++}-${name%-g++*}" ;;
            *) fail "there is no compiler $word here, and no Debian package is known to have it" ;;
        esac
    done
}

# A compiler's command as part of a folder's name.
build_name() {
    local name=${1#/usr/bin/}
    echo "${name//[^A-Za-z0-9+._-]/_}"
}

# need PACKAGE...: installs what is missing, as root or by sudo on a Debian; otherwise says what is missing, and gives up.
need() {
    local missing=() unknown=() sudo=() package log
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null) == ii* ]] || provided "$package" || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    has apt-get || fail "there is no apt-get here; please install what these Debian packages give: ${missing[*]}"
    if [[ $(id -u) -ne 0 ]]; then
        sudo=(sudo -n)
        "${sudo[@]}" true 2> /dev/null ||
            fail "please run once, as root:  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    log=$(mktemp)
    "${sudo[@]}" apt-get update > "$log" 2>&1 || { cat "$log" >&2; fail "apt-get update failed"; }
    for package in "${missing[@]}"; do
        apt-cache show "$package" > /dev/null 2>&1 || unknown+=("$package")
    done
    [[ ${#unknown[@]} -eq 0 ]] || fail "apt-get knows no package ${unknown[*]}"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends "${missing[@]}" > "$log" 2>&1 ||
        { cat "$log" >&2; fail "apt-get install failed"; }
    rm "$log"
}
