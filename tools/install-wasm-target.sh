#!/bin/sh
# Gives the Rust compiler in use the target wasm32-wasip2, which the components are compiled for.
#
# The ordinary way is rustup. Where its server cannot be reached, the target's standard library is built here from
# Debian's packages: `rust-src` of exactly the compiler's version, and `wasi-libc` for the C part. Afterwards plain
# `cargo build --target wasm32-wasip2` works as if rustup had installed it. The sysroot must be writable.
set -eu

target=wasm32-wasip2
# Debian's suites that carry new compilers.
suites='trixie-backports forky-backports testing sid'

fail() {
    echo "error: cannot install the target $target: $*" >&2
    exit 1
}

command -v rustc >/dev/null || fail "there is no rustc; install Rust from https://rustup.rs"
libdir=$(rustc --print target-libdir --target "$target") || fail "this rustc does not know it; Rust 1.95 or newer is needed"

installed() {
    for library in "$libdir"/libstd-*.rlib; do
        [ -e "$library" ] && return 0
    done
    return 1
}

if installed; then
    echo "$target: installed"
    exit 0
fi

if command -v rustup >/dev/null; then
    echo "$target: asking rustup"
    if timeout 120 rustup target add "$target" && installed; then
        echo "$target: installed by rustup"
        exit 0
    fi
fi

command -v apt-get >/dev/null || fail "rustup could not get it, and this is no Debian system to build it on; try: rustup target add $target"
version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
mkdir -p "$libdir" 2>/dev/null && [ -w "$libdir" ] || fail "$libdir is not writable for you; as its owner: rustup target add $target"

scratch=$(mktemp -d)
lent_sources=
tidy_up() {
    rm -rf "$scratch"
    [ -z "$lent_sources" ] || rm -rf "$lent_sources"
}
trap tidy_up EXIT
trap 'exit 130' INT TERM HUP

# The mirror that the system uses already, whichever form its list has.
mirror() {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '$1 == "URIs:" { print $2; exit }'
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }'
}
base=$(mirror | head -n 1)
[ -n "$base" ] || fail "no Debian mirror is configured in /etc/apt"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# download SUITE PACKAGE: the package's file lands in $scratch, with lists of its own beside the system's.
download() {
    lists=$scratch/lists-$1
    set -- "$1" "$2" -o "Dir::Etc::sourcelist=$scratch/$1.list" -o Dir::Etc::sourceparts=/dev/null \
        -o "Dir::State::lists=$lists" -o "Dir::Cache=$scratch/cache"
    suite=$1 package=$2
    shift 2
    if [ ! -d "$lists" ]; then
        mkdir -p "$lists/partial" "$scratch/cache/archives/partial"
        echo "deb [signed-by=$keyring] $base $suite main" >"$scratch/$suite.list"
        apt-get "$@" -qq update || return 1
    fi
    (cd "$scratch" && apt-get "$@" -qq download "$package")
}

find_deb() {
    for deb in "$scratch/$1"_*.deb; do
        [ -e "$deb" ] && echo "$deb" && return 0
    done
    return 1
}

echo "$target: building it from Debian's rust-src $version and wasi-libc (about a minute)"
for suite in $suites; do
    find_deb rust-src >/dev/null || download "$suite" "rust-src=$version*" >/dev/null 2>&1 || true
    find_deb wasi-libc >/dev/null || download "$suite" wasi-libc >/dev/null 2>&1 || true
done
for package in rust-src wasi-libc; do
    deb=$(find_deb "$package") || fail "Debian has no $package for rustc $version; when the network allows: rustup target add $target"
    dpkg -x "$deb" "$scratch/root"
done

# cargo looks for the library's sources in the sysroot; they are lent to it for the build where it has none.
library=$sysroot/lib/rustlib/src/rust/library
if [ ! -e "$library" ]; then
    mkdir -p "${library%/*}"
    lent_sources=$library
    cp -r "$scratch/root/usr/src/rustc-$version/library" "$library"
fi

mkdir -p "$scratch/crate/src"
: >"$scratch/crate/src/lib.rs"
printf '[package]\nname = "carrier"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$scratch/crate/Cargo.toml"
(
    cd "$scratch/crate"
    # A stable compiler builds its own standard library only when told that it may.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Cembed-bitcode=yes' CARGO_TARGET_DIR="$scratch/build" \
        cargo build --quiet --release --target "$target" -Zbuild-std=std,panic_abort,proc_macro
) || fail "building the standard library failed"

built=$scratch/build/$target/release/deps
rm -f "$built"/libcarrier-*
mkdir -p "$libdir/self-contained"
cp "$scratch/root/usr/lib/$target"/* "$libdir/self-contained/"
cp "$built"/*.rlib "$libdir/"
installed || fail "the build left no library in $libdir"
echo "$target: built and installed"
