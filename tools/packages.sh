# Installs Debian packages that are missing; sourced by the scripts beside it.

PACKAGES_BUILD="gcc libc6-dev meson ninja-build pkg-config python3 libuv1-dev libcurl4-openssl-dev
    libssl-dev libjson-c-dev libyaml-dev libmicrohttpd-dev libsqlite3-dev zlib1g-dev libmariadb-dev
    libicu-dev libmimalloc-dev"
PACKAGES_TEST="$PACKAGES_BUILD g++ libcmocka-dev bubblewrap procps mariadb-server-core
    wordnet-base binutils locales make nghttp2-server openssl python3-yaml python3-numpy
    python3-pandas python3-dateutil slurmctld slurmd slurm-client munge"
PACKAGES_CI="$PACKAGES_TEST clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev valgrind
    universal-ctags abigail-tools rustc python3-venv podman runc"

install_packages() {
    local missing="" name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    local as=""
    if [ "$(id -u)" -ne 0 ]; then
        as="sudo"
        echo "installing with sudo:$missing"
    else
        echo "installing:$missing"
    fi
    # shellcheck disable=SC2086
    $as apt-get update -qq &&
        $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            $missing >/dev/null
}
