# SPDX-License-Identifier: MIT
# Sourced by the other scripts: which Debian packages xdokan needs, and how they get there.
# shellcheck shell=sh disable=SC2034

BUILD_PACKAGES='fuse3 gcc libarchive-dev libbz2-dev libc6-dev liblzma-dev libssl-dev libzip-dev libzstd-dev meson
ninja-build pkg-config python3 zlib1g-dev'
TEST_PACKAGES='clang clang-format clang-tidy cpio cppcheck doxygen fio g++ gdb genisoimage git libcmocka-dev p7zip-full
procps python3-build python3-fs python3-setuptools python3-venv python3-wheel rsync shellcheck sqlite3 unzip util-linux xz-utils
zip zstd'
DEB_PACKAGES='debhelper dh-python dpkg-dev'
CI_PACKAGES="mmdebstrap sudo $DEB_PACKAGES"

say() {
    printf '%s\n' "$*"
}

missing_packages() {
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) printf ' %s' "$package" ;;
        esac
    done
}

# sudo that would ask for a password helps only where somebody can type it.
can_sudo() {
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }
}

# ensure_packages NAME...: all installed on return; exit 3 with the line to type where that is not in our power.
ensure_packages() {
    if ! command -v apt-get >/dev/null; then
        for program in gcc meson ninja pkg-config python3; do
            command -v "$program" >/dev/null && continue
            say "This is no Debian, and $program is missing. Please install what Debian calls: $*" >&2
            exit 3
        done
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif can_sudo; then
        as_root=sudo
    else
        say "Some packages are missing, and neither root nor sudo is here to install them. As root, please run:" >&2
        say "apt-get update && apt-get install --yes --no-install-recommends$missing" >&2
        exit 3
    fi
    say "Installing$missing"
    quietly $as_root apt-get update
    # shellcheck disable=SC2086 # a list of words
    quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
    said=$(mktemp)
    if "$@" >"$said" 2>&1 </dev/null; then
        rm -f "$said"
        return 0
    fi
    tail -n 60 "$said" >&2
    rm -f "$said"
    say "That was: $*" >&2
    exit 1
}

# make_build FOLDER OPTIONS...: configured with exactly these options, and built.
make_build() {
    folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        quietly meson setup "$folder" "$@"
    elif [ "$(cat "$folder/options-of-script" 2>/dev/null)" != "$*" ]; then
        quietly meson setup --reconfigure "$folder" "$@"
    fi
    printf '%s\n' "$*" >"$folder/options-of-script"
    quietly ninja -C "$folder"
}
