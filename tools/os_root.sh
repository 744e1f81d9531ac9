#!/bin/bash
# Builds the root in which OS Interaction's machines run: tools/os_root.sh DIR [SUITE]
#
# DIR/root: Debian packages (default suite: bookworm), a user `ubuntu`, and an offline package folder
# from which `apt install sudo` is served. DIR/npm: a layer above it with npm, for the samples whose
# image is "packages". DIR/versions.txt: what is in them. Once, as root; some minutes, 500 MB.
# Another mirror: DEBIAN_MIRROR=http://...
set -euo pipefail

mirror="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
packages=procps,python3,python3-pip,git,vim,curl,wget,unzip,zip,tree,less
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C DEBIAN_FRONTEND=noninteractive

fail() {
    echo "os_root.sh: $*" >&2
    exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: tools/os_root.sh DIR [SUITE]"
dir=$(realpath -m "$1")
suite="${2:-bookworm}"
[ ! -e "$dir" ] || fail "$dir exists; remove it, or give another folder"
[ "$(id -u)" -eq 0 ] || fail "debootstrap makes device nodes and files of many users: run this as root"
command -v debootstrap >/dev/null || fail "debootstrap is not installed (package debootstrap)"

build="$dir.new"
root="$build/root"
leave() {
    mountpoint -q "$build/merged" && umount -l "$build/merged"
    rm -rf "$build"
}
trap leave EXIT
rm -rf "$build"
mkdir -p "$build"

say() { echo "os_root.sh: $*"; }
quietly() {
    "$@" </dev/null >>"$build/log" 2>&1 || {
        tail -n 5 "$build/log" >&2
        fail "'$1' failed"
    }
}

say "Debian $suite from $mirror"
quietly debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror"
# pip alone wants compilers; they are no part of the reference's machine either.
rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log

say "npm, as a layer of its own"
mkdir -p "$build/npm" "$build/work" "$build/merged"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$build/npm,workdir=$build/work,userxattr" \
    "$build/merged"
quietly chroot "$build/merged" apt-get install -y -qq --no-install-recommends npm
chroot "$build/merged" dpkg-query -W -f '${Package} ${Version}\n' >"$build/with_npm"
umount "$build/merged"
rm -rf "$build/npm/var/cache/apt" "$build/npm/var/log"

say "user, package folder, sources"
quietly chroot "$root" useradd --create-home --shell /bin/bash --user-group ubuntu
apt_folder="$root/opt/apt"
mkdir -p "$apt_folder"
quietly chroot "$root" sh -c 'cd /opt/apt && apt-get download sudo'
# The index of a flat folder: each package's control fields, and where and what the file is.
for deb in "$apt_folder"/*.deb; do
    dpkg-deb -f "$deb"
    echo "Filename: ./$(basename "$deb")"
    echo "Size: $(stat -c %s "$deb")"
    echo "SHA256: $(sha256sum "$deb" | cut -d' ' -f1)"
    echo
done >"$apt_folder/Packages"
chmod 644 "$apt_folder"/*
rm -rf "$root"/var/lib/apt/lists/* "$root"/etc/apt/sources.list.d/* "$root"/var/cache/apt/*.bin
echo 'deb [trusted=yes] file:/opt/apt ./' >"$root/etc/apt/sources.list"
echo 'APT::Sandbox::User "root";' >"$root/etc/apt/apt.conf.d/50local"
quietly chroot "$root" apt-get update
for name in .bashrc .profile; do
    cp "$root/etc/skel/$name" "$root/root/$name"
done
: >"$root/etc/resolv.conf"
echo box >"$root/etc/hostname"

chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$build/versions.txt"
comm -13 "$build/versions.txt" "$build/with_npm" | sed 's/^/npm layer: /' >>"$build/versions.txt"
rm -rf "$build/with_npm" "$build/work" "$build/merged" "$build/log"
mv -T "$build" "$dir"
say "done: $(du -sh "$dir" | cut -f1) in $dir"
