#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The browser's own network, as an ordinary user without an account, between two network namespaces
# of this test: another program's packets are absent, look-ups go over the captured interface,
# the network dies with the main process (kill -9), also when its keeper or joiner is killed,
# Chromium starts inside with its own sandbox on. And --isolate=netns as root, and what it leaves.
# KEEP=1 keeps the folder.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
tool=$BUILD/check/tests/capture/live/test_isolation
skip() { echo "skip: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "isolation between namespaces of its own needs root to set them up"
for p in ip tcpdump setpriv nsenter mknod curl; do
    command -v $p >/dev/null || skip "$p is not installed"
done
[ -x "$tool" ] || { echo "$tool is not built"; exit 1; }
# A kernel without tun, or a container that may not make devices.
work=$(mktemp -d /tmp/exhibit-isolation-XXXXXX) && chmod 755 "$work"
user=64$((RANDOM % 900 + 100)) outer=exhibit-io$$ server=exhibit-is$$
pids=() bad=0 tried=0
# What this test starts bears its mark: a number may long belong to another process.
export ISOLATION_TEST=$work
mine() { [ -n "$1" ] && grep -qzx "ISOLATION_TEST=$work" "/proc/$1/environ" 2>/dev/null; }
end() { for p in "$@"; do if mine "$p"; then kill -9 "$p"; fi; done 2>/dev/null; }
clean() {
    end "${pids[@]:-}"
    # A browser's other processes make their folder anew as long as they live.
    for _ in 1 2 3 4 5; do
        # shellcheck disable=SC2046
        end $(pgrep -U "$user")
        pgrep -U "$user" >/dev/null || break
        sleep 0.2
    done
    ip netns del $outer 2>/dev/null
    ip netns del $server 2>/dev/null
    rm -rf /etc/netns/$outer
    rmdir /etc/netns 2>/dev/null
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean EXIT
ok() { # what, command...
    local what=$1
    shift
    tried=$((tried + 1))
    if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; bad=1; fi
}
no() { ! "$@"; }
until_true() { # tenths of a second, command...
    local n=$1
    shift
    while ! "$@"; do
        n=$((n - 1))
        [ $n -gt 0 ] || return 1
        sleep 0.1
    done
}

mknod -m 666 "$work/tun" c 10 200 2>/dev/null && : <>"$work/tun" 2>/dev/null ||
    skip "this machine has no tun device"
ip netns add $outer && ip netns add $server || skip "cannot make network namespaces"
mkdir -p /etc/netns/$outer
echo "nameserver 203.0.113.1" >/etc/netns/$outer/resolv.conf
ip -n $outer link add web0 type veth peer name web1 netns $server
for n in $outer $server; do ip -n $n link set lo up; done
ip -n $outer addr add 203.0.113.2/24 dev web0
ip -n $server addr add 203.0.113.1/24 dev web1
ip -n $outer link set web0 up
ip -n $server link set web1 up
ip -n $outer route add default via 203.0.113.1
cp "$tool" "$work/tool"
cat >"$work/server.py" <<'PY'
import socket, threading, http.server
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        b = b"<title>t</title>peer=%s:%d." % (self.client_address[0].encode(), self.client_address[1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)
    def log_message(self, *a):
        pass
def names():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("203.0.113.1", 53))
    while True:
        d, a = s.recvfrom(2000)
        n = d.index(b"\0", 12) + 5
        four = d[n - 4:n - 2] == b"\0\1"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\1" if four else b""
        s.sendto(d[:2] + b"\x81\x80\0\1" + (b"\0\1" if four else b"\0\0") + b"\0\0\0\0" + d[12:n] + answer, a)
threading.Thread(target=names, daemon=True).start()
http.server.ThreadingHTTPServer(("203.0.113.1", 80), H).serve_forever()
PY
ip netns exec $server python3 "$work/server.py" >"$work/server.log" 2>&1 &
pids+=($!)
until_true 50 ip netns exec $outer curl -s -o /dev/null http://203.0.113.1/ || {
    echo "the server did not start"; cat "$work/server.log"; exit 1; }

# As the ordinary user, in the outer namespace, with a tun device of its own.
cat >"$work/as_user" <<SH
#!/bin/sh
exec nsenter --net=/run/netns/$outer unshare -m sh -c 'mount --bind $work/tun /dev/net/tun
mount --bind $work/etc /etc
mkdir -p /run/nscd && mount -t tmpfs none /run/nscd && touch /run/nscd/socket
cd $work/home; exec setpriv --reuid $user --regid $user --clear-groups --bounding-set=-all \
    env -i PATH=/usr/bin:/bin HOME=$work/home ISOLATION_TEST=$work ASAN_OPTIONS=detect_leaks=0 "\$@"' sh "\$@"
SH
chmod 755 "$work/as_user"
# An /etc whose resolv.conf is this test's to replace.
mkdir "$work/etc"
for k in passwd group nsswitch.conf host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d fonts \
    alternatives protocols services; do
    [ ! -e /etc/$k ] || cp -a /etc/$k "$work/etc/"
done
echo "nameserver 203.0.113.1" >"$work/etc/resolv.conf"
mkdir "$work/home" && chown $user:$user "$work/home"

# Starts it with a program inside; facts in $work/NAME.err. Sets main, keeper, joiner.
begin() { # name, kind, command...
    local name=$1 kind=$2
    shift 2
    : >"$work/$name.out" 2>"$work/$name.err" # what one before wrote must not pass for this one's
    "$work/as_user" "$work/tool" run "$kind" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    main=$!
    pids+=($main)
    if ! until_true 200 grep -q '^joined_by=\|^fault' "$work/$name.err"; then
        echo "no word from $name"
        return 1
    fi
    keeper=$(sed -n 's/.*keeper=\([0-9]*\).*/\1/p' "$work/$name.err")
    joiner=$(sed -n 's/.*joiner=\([0-9]*\).*/\1/p' "$work/$name.err")
    [ -n "$keeper" ] || { cat "$work/$name.err"; return 1; }
    pids+=("$keeper" "$joiner")
}
alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
gone() { ! alive "$1"; }

joiners=""
command -v slirp4netns >/dev/null && joiners="slirp"
command -v pasta >/dev/null && joiners="$joiners pasta"
[ -n "$joiners" ] || skip "neither slirp4netns nor pasta is installed"

one_joiner() { # slirp or pasta
    local j=$1
    begin "$j-see" "$j" sh -c 'sleep 1; cat /etc/resolv.conf; ls -A /run/nscd
        curl -s http://inside.test/seen-inside; cat /proc/self/status; sleep 1' || { bad=1; return; }
    nsenter --net=/proc/$keeper/ns/net tcpdump -U -i tap0 -s 0 -w "$work/$j.pcap" \
        2>"$work/$j.tcpdump" &
    dump=$!
    pids+=($dump)
    until_true 50 grep -q 'listening on' "$work/$j.tcpdump"
    for k in 1 2 3 4 5 6; do
        ip netns exec $outer curl -s -o /dev/null http://203.0.113.1/other-program-$k
        sleep 0.2
    done
    wait $main
    ok "$j: the program inside ended well" test $? = 0
    until_true 30 gone "$dump" || end "$dump"
    wait $dump 2>/dev/null
    ok "$j: its request is in the capture" grep -aq 'GET /seen-inside' "$work/$j.pcap"
    ok "$j: its look-up is in the capture" grep -aq 'inside.test' <(tcpdump -nr "$work/$j.pcap" udp port 53 2>/dev/null)
    ok "$j: another program's packets are not" no grep -aq 'other-program' "$work/$j.pcap"
    ok "$j: the server saw the machine's address" grep -q 'peer=203.0.113.2:' "$work/$j-see.out"
    ok "$j: the machine's name server is not in resolv.conf" no grep -q 'nameserver 203' "$work/$j-see.out"
    ok "$j: the cache's socket is out of reach" no grep -qx socket "$work/$j-see.out"
    ok "$j: no capabilities inside" grep -q 'CapEff:.0000000000000000' "$work/$j-see.out"
    ok "$j: no ambient ones" grep -q 'CapAmb:.0000000000000000' "$work/$j-see.out"
    ok "$j: nothing is left running" eval "gone $keeper && gone $joiner"

    for victim in main keeper joiner; do
        begin "$j-kill-$victim" "$j" sh -c 'echo $$; while sleep 0.1; do
            curl -s -m 1 -o /dev/null http://203.0.113.1/beat && echo yes || echo no; done' ||
            { bad=1; continue; }
        until_true 50 grep -q yes "$work/$j-kill-$victim.out"
        inside=$(head -1 "$work/$j-kill-$victim.out")
        pids+=("$inside")
        case $victim in
        main) end "$main" ;;
        keeper) end "$keeper" ;;
        joiner) end "$joiner" ;;
        esac
        ok "$j: the joiner is gone after kill -9 of the $victim" until_true 50 gone "$joiner"
        ok "$j: the keeper is gone after kill -9 of the $victim" until_true 50 gone "$keeper"
        ok "$j: requests from inside fail then" until_true 50 grep -q '^no' "$work/$j-kill-$victim.out"
        sleep 0.5
        ok "$j: and go on failing" no eval "sed '1,/^no/d' '$work/$j-kill-$victim.out' | grep -q yes"
        end "$inside" "$main"
        wait "$main" 2>/dev/null
    done
}
for j in $joiners; do one_joiner "$j"; done

# A new file renamed over resolv.conf outside (DHCP does that) does not come through.
best=${joiners%% *}
begin renamed "$best" sh -c 'until [ -e go ]; do sleep 0.1; done; sleep 0.5; cat /etc/resolv.conf' && {
    echo "nameserver 203.0.113.77" >"$work/etc/new"
    mv "$work/etc/new" "$work/etc/resolv.conf"
    sleep 0.3
    touch "$work/home/go"
    wait $main
    ok "resolv.conf inside stays ours when the machine's is replaced" \
        grep -q '^nameserver 10' "$work/renamed.out"
    ok "and the machine's is not seen" no grep -q 203.0.113 "$work/renamed.out"
    echo "nameserver 203.0.113.1" >"$work/etc/resolv.conf"
}

# Each refusal in words: no tun device for this user; no namespaces left.
chmod 600 "$work/tun"
"$work/as_user" "$work/tool" run "$best" true 2>"$work/tun.err"
ok "a tun device that may not be opened is named" grep -q '/dev/net/tun cannot be opened' "$work/tun.err"
chmod 666 "$work/tun"
"$work/as_user" unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"' sh \
    "$work/tool" run "$best" true 2>"$work/max.err"
ok "the limit on namespaces is named" grep -q 'user.max_user_namespaces is 0' "$work/max.err"

chromium=/usr/lib/chromium/chromium
if [ -x $chromium ]; then
    begin chromium "$best" $chromium --headless --disable-gpu --no-first-run --user-data-dir=profile \
        --remote-debugging-port=9999 http://203.0.113.1/from-chromium && {
        renderer=""
        for k in $(seq 150); do
            renderer=$(pgrep -U $user -f 'type=renderer' | head -1)
            [ -z "$renderer" ] || break
            sleep 0.2
        done
        browser=$(pgrep -P "$main" -f headless | head -1)
        ok "Chromium starts inside" test -n "$renderer" -a -n "$browser"
        ok "its pages are in a sandbox of their own (namespaces)" no test \
            "$(readlink /proc/"${renderer:-0}"/ns/user)" = "$(readlink /proc/"${browser:-0}"/ns/user)"
        ok "and (seccomp)" grep -q '^Seccomp:.2' /proc/"${renderer:-0}"/status
        ok "the browser is in our network" test \
            "$(readlink /proc/"$keeper"/ns/net)" = "$(readlink /proc/"${browser:-0}"/ns/net)"
        end "$browser"
        until_true 100 gone "$main"
    }
else
    echo "skip: Chromium is not installed"
fi

# As root: a veth pair and nftables; a second one after a kill -9 of both finds what was left.
if command -v nft >/dev/null && ip netns exec $outer nft list ruleset >/dev/null 2>&1; then
    cat >"$work/as_root" <<SH
#!/bin/sh
exec nsenter --net=/run/netns/$outer unshare -m sh -c 'mount --bind $work/etc /etc
exec env ASAN_OPTIONS=detect_leaks=0 $work/tool run network "\$@"' sh "\$@"
SH
    chmod 755 "$work/as_root"
    forwarding() { ip netns exec $outer cat /proc/sys/net/ipv4/conf/web0/forwarding; }
    left() { ip netns exec $outer sh -c 'nft list tables; ip -o link show type veth | grep " exh[0-9a-f]"'; }
    begin_netns() {
        : >"$work/netns.out" 2>"$work/netns.err" # as above
        "$work/as_root" sh -c 'echo $$; while sleep 0.1; do curl -s -m 2 http://inside.test/; echo; done' \
            >"$work/netns.out" 2>"$work/netns.err" &
        main=$!
        pids+=($main)
        until_true 100 grep -q 'peer=203.0.113.2' "$work/netns.out"
    }
    was=$(forwarding)
    ok "netns: it reaches the server as the machine" begin_netns
    keeper=$(sed -n 's/.*keeper=\([0-9]*\).*/\1/p' "$work/netns.err")
    inside=$(head -1 "$work/netns.out")
    pids+=("$keeper" "$inside")
    ok "netns: it says what it changed" grep -q 'changed=device exh.*forwarding switched on for web0' "$work/netns.err"
    end "$main"
    until_true 50 gone "$keeper"
    ok "netns: kill -9 of the main process leaves nothing" test -z "$(left)"
    ok "netns: forwarding is as before" test "$(forwarding)" = "$was"
    end "$inside"
    begin_netns
    keeper=$(sed -n 's/.*keeper=\([0-9]*\).*/\1/p' "$work/netns.err")
    inside=$(head -1 "$work/netns.out")
    pids+=("$keeper" "$inside")
    mine "$main" && kill -STOP "$main"
    end "$keeper" "$main"
    ok "netns: kill -9 of both leaves something" test -n "$(left)"
    ok "netns: the next one works" "$work/as_root" curl -s -o /dev/null http://203.0.113.1/ 2>"$work/next.err"
    end "$inside"
    ok "netns: and has taken it away" test -z "$(left)"
    ok "netns: forwarding is as before again" test "$(forwarding)" = "$was"
else
    echo "skip: nft is not installed or this kernel has no nftables"
fi
[ $bad = 0 ] && echo "isolation: $tried checks"
exit $bad
