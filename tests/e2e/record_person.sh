# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that act as a person who is not root: a user id of nobody's, a home directory that
# trusts the world's authority, and /dev/net/tun as it is on an ordinary machine.

PERSON=64123

# The namespace of mounts is our own (ip netns exec made it): nothing of the machine changes.
person_make() { # DIRECTORY
    home=$1/person
    mkdir -p "$home"
    [ -z "${WORK:-}" ] || cp -r "$WORK/home/." "$home"
    mkdir -p "$1/dev"
    [ -e "$1/dev/tun" ] || mknod "$1/dev/tun" c 10 200
    chmod 666 "$1/dev/tun"
    mkdir -p /dev/net
    [ -e /dev/net/tun ] || : >/dev/net/tun
    mount --bind "$1/dev/tun" /dev/net/tun
    chown -R $PERSON:$PERSON "$home"
    chmod 755 "$1"
}

as_person() {
    setpriv --reuid $PERSON --regid $PERSON --clear-groups --no-new-privs \
        env -i PATH=/usr/bin:/bin HOME="$home" LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" "$@"
}

# A display without a screen. In a network namespace the socket in the file system is the way to it.
display_make() { # DIRECTORY: sets DISPLAY and display_pid
    mkdir -p /tmp/.X11-unix
    mount -t tmpfs -o mode=1777 none /tmp/.X11-unix
    : >"$1/display"
    chmod 666 "$1/display"
    setpriv --reuid $PERSON --regid $PERSON --clear-groups Xvfb -displayfd 3 -screen 0 1024x768x24 \
        -noreset -nolisten tcp 3>"$1/display" 2>"$1/display.err" >/dev/null </dev/null &
    display_pid=$!
    for _ in $(seq 100); do
        [ ! -s "$1/display" ] || break
        sleep 0.1
    done
    [ -s "$1/display" ] || return 1
    DISPLAY=:$(cat "$1/display")
    export DISPLAY
}

# A directory for the person with the program in it (who may not read the build directory), and a
# display; both go away at the end. KEEP_CASE=DIR keeps what the person made and
# what was said (*.said).
person_at_display() { # what is tested, program: sets work, home and those of display_make
    work=$(mktemp -d "${TMPDIR:-/tmp}/exhibit-person.XXXXXX")
    display_pid=
    trap person_leave EXIT
    person_make "$work"
    cp "$2" "$work/exhibit"
    display_make "$work" || { echo "skip: $1: no display"; exit 77; }
}

person_leave() {
    [ -z "$display_pid" ] || kill "$display_pid" 2>/dev/null
    if [ -n "${KEEP_CASE:-}" ]; then
        cp -r "$home/." "$KEEP_CASE"
        find "$work" -maxdepth 1 -name '*.said' -exec cp -t "$KEEP_CASE" {} +
    fi
    rm -rf "$work"
}

# An account of the person, for programs that look one up: in our own namespace of mounts.
person_account() { # DIRECTORY
    for file in passwd group; do
        cp /etc/$file "$1/$file"
        chmod 644 "$1/$file"
    done
    echo "exhibit-person:x:$PERSON:$PERSON::$home:/bin/sh" >>"$1/passwd"
    echo "exhibit-person:x:$PERSON:" >>"$1/group"
    mount --bind "$1/passwd" /etc/passwd
    mount --bind "$1/group" /etc/group
}
