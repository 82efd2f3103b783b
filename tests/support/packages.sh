# need PACKAGE...: on Debian, installs those that are missing; without the right to, names the command and gives up.
# Elsewhere Meson says what it does not find.
need() {
    command -v apt-get dpkg-query > /dev/null || return 0
    local missing=() sudo=() package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null) == ii* ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    local install=(apt-get install --yes --no-remove --no-install-recommends "${missing[@]}")
    if [[ $(id -u) -ne 0 ]]; then
        if ! sudo -n true 2> /dev/null; then
            echo "missing packages, please run: sudo ${install[*]}" >&2
            exit 1
        fi
        sudo=(sudo --non-interactive)
    fi
    echo "installing ${missing[*]}"
    local log
    log=$(mktemp)
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update && exec "$@"' sh "${install[@]}" > "$log" 2>&1 ||
        { cat "$log" >&2; exit 1; }
    rm "$log"
}
