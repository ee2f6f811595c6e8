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
