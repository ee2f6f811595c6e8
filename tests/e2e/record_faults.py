# SPDX-License-Identifier: Apache-2.0
"""Breaks recordings off and holds what is left to the law of doc/RECORDING.md.

usage: record_faults.py DIRECTORY UID, within check_record_faults.sh
"""

import collections
import ctypes
import glob
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import record_wire

WORK, PERSON = sys.argv[1:]
EXHIBIT, HOME = f"{WORK}/exhibit", f"{WORK}/person"
TRUST = f"{os.environ['WORK']}/ca.crt"
SEED = int(os.environ["FAULTS_SEED"])
RUNS = int(os.environ.get("RUNS", "0"))
BUDGET = float(os.environ.get("BUDGET", "0" if RUNS else "85"))
TAIL_NS = 1_500_000_000  # what is sent so shortly before a kill may be lost
GONE_S = 30              # by then every process must be gone
RECORD = ["record capture", "record browser", "record main", "record joiner", "record stop",
          "record full", "record power"]
CAPTURE = ["capture capture", "capture main", "capture stop", "capture full", "capture power"]
URLS = ["https://www.news.test/", "https://www.shop.test/tea/7", "https://www.health.test/"]

libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what a killed parent leaves is ours to see
faults = collections.Counter()
said = collections.Counter()


class Run:
    def __init__(self, number, kind):
        self.number, self.kind = number, kind
        self.program, self.fault = kind.split()
        self.dice = random.Random(f"{SEED} {number} {kind}")
        self.own = set()       # helpers: tcpdump and curl
        self.at = f"{HOME}/run{number}"
        self.mounted = False
        self.quick = self.program == "capture"

    def wrong(self, text):
        faults[self.kind] += 1
        print(f"FAULT run {self.number} ({self.kind}): {text}", flush=True)

    # --- processes ---------------------------------------------------------------------

    def person(self, *command):
        if self.quick:  # packets of an interface: root's
            return list(command)
        return ["setpriv", "--reuid", PERSON, "--regid", PERSON, "--clear-groups",
                "--no-new-privs", "env", "-i", "PATH=/usr/bin:/bin", f"HOME={HOME}",
                "LANG=C.UTF-8", "TERM=dumb",
                "DISPLAY=:99",  # never opened: the browser is told --headless behind our back
                *command]

    def call(self, *command):
        done = subprocess.run(self.person(EXHIBIT, *command), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=240)
        return done.returncode, done.stdout + done.stderr

    def ours(self):
        """Every process of the run: descendants of ours but for helpers."""
        below = collections.defaultdict(list)
        names = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:]
            state, parent = rest.split()[:2]
            below[int(parent)].append(int(entry))
            names[int(entry)] = (name, state)
        found, wanted = {}, [p for p in below[os.getpid()] if p not in self.own]
        while wanted:
            pid = wanted.pop()
            found[pid] = names[pid]
            wanted += below[pid]
        return found

    def reap(self):
        for pid, (_, state) in self.ours().items():
            if state == "Z" and pid != self.main.pid:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass

    def wait_gone(self):
        until = time.time() + GONE_S
        while time.time() < until:
            self.main.poll()
            self.reap()
            left = {p: n for p, n in self.ours().items() if n[1] != "Z"}
            if not left:
                return
            time.sleep(0.1)
        self.wrong(f"still running {GONE_S} s later: {left}")
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.5)
        self.reap()

    def victim(self, part):
        for pid, (name, _) in self.ours().items():
            if part == "main" and pid == self.main.pid:
                return pid
            if part == "capture" and name == "exhibit-capture" or \
                    part == "joiner" and name == "slirp4netns":
                return pid
            if part == "browser" and name.startswith("chrom"):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
                if b"--type=" not in line and b"crashpad" not in line.split(b"\0")[0]:
                    return pid
        return None

    def helper(self, command):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        self.own.add(process.pid)
        return process

    def end_helper(self, process):
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        process.wait()

    # --- the run -----------------------------------------------------------------------

    def command(self):
        if self.program == "capture":
            age = self.dice.choice(["1s", "2s", "60s"])
            self.recording, self.case = f"{self.at}/cap", f"{self.at}/case"
            return [EXHIBIT, "capture", "-i", "web0", "-o", self.recording,
                    "--segment-age", age]
        self.case = f"{self.at}/case"
        self.recording = f"{self.case}.recording"
        command = [EXHIBIT, "record", "-o", self.case, "--class=controlled", "--no-network"]
        flags = ["--", "--disable-features=LocalNetworkAccessChecks"]
        if self.dice.random() < 0.3:
            return command + ["--no-devtools", "--duration", "7", self.dice.choice(URLS),
                              *flags, "--headless"]
        script = f"{HOME}/script{self.number}.txt"
        with open(script, "w", encoding="utf-8") as file:
            for url in self.dice.sample(URLS, 2):
                file.write(f"open {url}\nwait quiet\nmark consent-shown\n")
            file.write("wait 1 s\nend\n")
        os.chmod(script, 0o644)
        return command + ["--auto", "--headless", "--script", script, *flags]

    def traffic(self):
        if self.program != "capture":
            return None
        return self.helper(["bash", "-c", "while :; do curl -s -o /dev/null --max-time 2 "
                            f"--cacert {TRUST} https://www.news.test/ "
                            "https://www.shop.test/tea/7; sleep 0.1; done"])

    def begun(self):
        """Until packets may be there."""
        until = time.time() + 40
        sign = "raw/chain.jsonl" if self.program == "capture" else "profile"
        while time.time() < until and self.main.poll() is None:
            if os.path.exists(f"{self.recording}/{sign}"):
                return
            time.sleep(0.05)

    def break_off(self):
        """Returns when what is sent from then on may be lost, in ns; None: nothing may."""
        self.hit = True
        if self.main.poll() is not None:
            self.hit = False
            return None
        if self.fault == "main":
            self.refuses_second()
        moment = time.time_ns()
        if self.fault in ("capture", "browser", "main", "joiner"):
            pid = self.victim(self.fault)
            if pid is None:
                self.hit = False
                return None
            os.kill(pid, signal.SIGKILL)
        elif self.fault == "stop":
            stopped = [p for p in self.ours() if self.send(p, signal.SIGSTOP)]
            time.sleep(self.dice.uniform(1.5, 4))
            for pid in stopped:
                self.send(pid, signal.SIGCONT)
            return None
        elif self.fault == "full":
            free = os.statvfs(self.at)
            leave = self.dice.choice([0, 1 << 16, 1 << 20, 63 << 20, 64 << 20])
            fill = free.f_bavail * free.f_frsize - leave
            with open(f"{self.at}/filler", "wb") as file:
                try:
                    if fill > 0:
                        os.posix_fallocate(file.fileno(), 0, fill)
                except OSError:
                    pass
        else:  # a power cut: nobody does anything any more
            every = list(self.ours())
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in every:
                    self.send(pid, number)
        return moment

    @staticmethod
    def send(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def refuses_second(self):
        if self.dice.random() > 0.4:
            return
        if self.program == "record":
            code, text = self.call("record", "--resume", "-o", self.case)
            if self.main.poll() is None and (code != 2 or "still runs" not in text):
                self.wrong(f"--resume of one that runs: exit {code}: {text[-300:]}")
            code, text = self.call("record", "-o", self.case, "--class=ordinary")
            if self.main.poll() is None and (code != 2 or "--resume" not in text):
                self.wrong(f"a second start: exit {code}: {text[-300:]}")

    def go(self):
        os.mkdir(self.at, 0o755)
        if self.fault == "full":
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "none", self.at],
                           check=True)
            self.mounted = True
        if not self.quick:
            os.chown(self.at, int(PERSON), int(PERSON))
        outside = f"{WORK}/outside{self.number}.pcap"
        tcpdump = self.helper(["tcpdump", "-Z", "root", "-U", "-n", "-s", "0", "-i", "web0",
                               "--time-stamp-precision=nano", "-B", "16384", "-w", outside])
        while not os.path.exists(outside):
            time.sleep(0.02)
        traffic = self.traffic()
        with open(f"{WORK}/said{self.number}", "w+", encoding="utf-8", errors="replace") as log:
            self.main = subprocess.Popen(self.person(*self.command()), stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log, cwd=HOME)
            self.begun()
            time.sleep(self.dice.uniform(0.2, 4 if self.quick else 8))
            moment = self.break_off()
            if self.program == "capture" and self.fault != "power":
                time.sleep(1)
                if self.fault == "stop" or not self.hit:
                    moment = time.time_ns()
                if self.fault != "main":
                    self.send(self.main.pid, signal.SIGTERM)
            try:
                self.main.wait(120)
            except subprocess.TimeoutExpired:
                self.wrong("did not end by itself")
                self.main.kill()
                self.main.wait()
            if moment is None:
                moment = time.time_ns()
            self.wait_gone()
            log.seek(0)
            self.output = log.read()
        if traffic is not None:
            self.end_helper(traffic)
        self.end_helper(tcpdump)
        if self.fault == "full" and os.path.exists(f"{self.at}/filler"):
            os.unlink(f"{self.at}/filler")
        self.moment = moment
        self.judge(outside)
        os.unlink(outside)

    # --- the law -----------------------------------------------------------------------

    def judge(self, outside):
        for number in (6, 8, 11):
            if self.main.returncode == -number:
                self.wrong(f"killed by signal {number}")
        if "Sanitizer" in self.output or "runtime error" in self.output:
            self.wrong(self.output[-1500:])
        if not self.hit and self.main.returncode != 0:
            self.wrong(f"exit {self.main.returncode} before anything happened: "
                       f"{self.output[-500:]}")
        if not self.hit:
            said[f"{self.kind}: had ended before"] += 1
        made = os.path.exists(f"{self.case}/bagit.txt")
        if not made:
            if not os.path.isdir(self.recording):
                if self.hit and self.fault not in ("full",):
                    self.wrong(f"no case and no recording: {self.output[-400:]}")
                said[f"{self.kind}: nothing"] += 1
                return
            if self.fault == "power":
                self.cut()
            packets = self.segments(f"{self.recording}/raw")
            if not self.make_case(packets):
                return
        elif self.program == "capture":
            self.wrong("a case by itself?")
        raw = f"{self.case}/data/raw"
        packets = self.segments(raw)
        self.check_case(packets)
        self.compare(packets, record_wire.dump(outside))
        if glob.glob(f"{self.case}.part-*"):
            self.wrong(f"left over: {glob.glob(self.case + '.part-*')}")
        said[f"{self.kind}: {'case by itself' if made else 'case of the recording'}"] += 1

    def make_case(self, packets):
        if self.program == "capture":
            code, text = self.call("import", self.recording, "-o", self.case)
        else:
            code, text = self.call("record", "--resume", "-o", self.case)
        if code == 0:
            return True
        if code == 4 and not packets and "nothing was captured" in text:
            said[f"{self.kind}: nothing was captured"] += 1
        elif not os.path.exists(f"{self.recording}/session.json") and not packets:
            said[f"{self.kind}: before it began"] += 1
        else:
            self.wrong(f"no case of the recording: exit {code}: {text[-500:]}\n"
                       f"first it said: {self.output[-500:]}")
        return False

    def cut(self):
        """What had not been synced is gone, to a random byte; lines are torn."""
        raw = f"{self.recording}/raw"
        custody = f"{self.recording}/custody/log.jsonl"
        chained = set()
        for name in (f"{raw}/chain.jsonl", custody):
            if not os.path.exists(name):
                continue
            with open(name, "rb") as file:
                lines = file.read().splitlines(keepends=True)
            if lines and self.dice.random() < 0.7:
                last = lines.pop()
                with open(name, "wb") as file:
                    file.writelines([*lines, last[:self.dice.randrange(len(last))]])
            if name.endswith("chain.jsonl"):
                chained = {json.loads(line)["file"] for line in lines}
        for path in sorted(glob.glob(f"{raw}/packets-*.pcapng")):
            if os.path.basename(path) not in chained:
                size = os.path.getsize(path)
                os.truncate(path, self.dice.choice([
                    0, min(size, 20), self.dice.randint(0, size),
                    self.dice.randint(size // 2, size)]))
        # A screenshot was synced before the custody log told of it.
        told = 0
        if os.path.exists(custody):
            with open(custody, "rb") as file:
                told = file.read().count(b'"act":"screenshot"')
        for name, kept in (("keys.log", 0), ("browser.jsonl", 0), ("screens.jsonl", told)):
            path = f"{raw}/{name}"
            if os.path.exists(path) and self.dice.random() < 0.5:
                with open(path, "rb") as file:
                    lines = file.read().splitlines(keepends=True)
                size = sum(map(len, lines))
                synced = sum(map(len, lines[:kept])) or size // 2
                os.truncate(path, self.dice.randint(synced, size))

    def chain(self, path):
        """The lines whose chain holds; the last may be torn in a recording."""
        out, previous = [], "0" * 64
        if not os.path.exists(path):
            return out
        with open(path, "rb") as file:
            text = file.read()
        for number, raw in enumerate(text.split(b"\n")[:-1], 1):
            line = json.loads(raw)
            if line["number"] != number or line["previous"] != previous:
                self.wrong(f"{path}: the chain is broken at line {number}")
                return out
            previous = hashlib.sha256(raw).hexdigest()
            out.append(line)
        return out

    def segments(self, raw):
        """All packets; every chained segment must be there, whole and unchanged."""
        packets, chained = [], {}
        for line in self.chain(f"{raw}/chain.jsonl"):
            chained[line["file"]] = line
        present = sorted(os.path.basename(p) for p in glob.glob(f"{raw}/packets-*.pcapng"))
        for name in chained.keys() - set(present):
            self.wrong(f"{name} was chained and is not there")
        self.open = [name for name in present if name not in chained]
        if len(self.open) > 1 + (self.fault == "power"):  # whose line was torn, and its next
            self.wrong(f"several segments without a line: {self.open}")
        for name in present:
            got, whole, size = record_wire.segment(f"{raw}/{name}")
            packets += got
            if name in chained:
                with open(f"{raw}/{name}", "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                line = chained[name]
                if (line["sha256"], line["bytes"], line["packets"]) != (digest, size, len(got)):
                    self.wrong(f"{name} is not as it was chained")
                if whole != size:
                    self.wrong(f"{name} was chained; it can be read to {whole} of {size}")
        return packets

    def check_case(self, packets):
        code, text = self.call("verify", "--rederive", self.case)
        if code != 0:
            self.wrong(f"verify: exit {code}: {text[-700:]}")
        with open(f"{self.case}/data/findings/completeness.json", encoding="utf-8") as file:
            complete = json.load(file)
        with open(f"{self.case}/data/session.json", encoding="utf-8") as file:
            session = json.load(file)
        told = sum(f["packets"] for f in complete["files"])
        if told != len(packets):
            self.wrong(f"{told} packets in the case, {len(packets)} in its segments")
        details = [g.get("detail") or "" for g in complete["gaps"]]
        acts = [line["act"] for line in self.chain(f"{self.case}/data/custody/log.jsonl")]
        for name in self.open:
            if not any(name in d for d in details):
                self.wrong(f"no gap names {name}: {details[:8]}")
        if session["state"] == "ended":
            # After the capture had ended in good order a kill costs nothing more.
            if self.open:
                self.wrong(f"it is said to have ended in good order, with {self.open} open")
            said[f"{self.kind}: had ended in good order"] += self.fault != "stop"
            return
        if "interrupted" not in acts:
            self.wrong(f"the custody log does not name the interruption: {acts}")
        if not any("interrupted" in d or "good order" in d for d in details):
            self.wrong(f"no gap says that it broke off: {details[:8]}")

    def compare(self, packets, outside):
        """TLS connections that others saw before the tail."""
        if self.fault == "power":  # the cut is random; what is there was counted
            return
        until = self.moment - TAIL_NS
        inside = record_wire.connections(packets)
        first = packets[0][0] if packets else until
        missed = 0
        for key, (sent, back, _) in record_wire.connections(
                [p for p in outside if p[0] >= first], until).items():
            if key not in inside:
                missed += 1
                continue
            ours = inside[key]
            if not ours[0].startswith(sent):
                self.wrong(f"{len(sent)} bytes to a server, {len(ours[0])} in the recording")
            if not ours[1].startswith(back) and not ours[2]:
                self.wrong(f"{len(back)} bytes of a server, {len(ours[1])} in the recording")
        if missed:
            self.wrong(f"{missed} TLS connections of before the tail are not in the recording")
        said["TLS connections compared"] += len(inside)

    def clean(self):
        if self.mounted:
            subprocess.run(["umount", self.at], check=False)
        with open("/proc/mounts", encoding="utf-8") as file:
            left = [line for line in file if self.at in line]
        if left:
            self.wrong(f"mounts left: {left}")
        shutil.rmtree(self.at, ignore_errors=True)


def kinds():
    """A seeded order in which each kind comes; captures are cheap and come more often."""
    dice, number = random.Random(SEED), 0
    only = os.environ.get("KIND")
    while True:
        once = RECORD + CAPTURE * 2
        dice.shuffle(once)
        if not RUNS and number == 0:  # few runs: one each of record and capture begin
            once.sort(key=lambda kind: kind.startswith("capture"))
            once = [k for pair in zip(once, once[7:]) for k in pair]
        for kind in once:
            if only is None or only in kind:
                number += 1
                yield number, kind


began, longest, done = time.time(), 0.0, 0
for n, what in kinds():
    spent = time.time() - began
    if RUNS and n > RUNS or BUDGET and spent + longest * 0.8 > BUDGET:
        break
    run = Run(n, what)
    at = time.time()
    try:
        run.go()
    except Exception as error:  # the next run shall not suffer
        run.wrong(f"{type(error).__name__}: {error}")
        for p in run.ours():
            if p not in run.own:
                run.send(p, signal.SIGKILL)
        for p in run.own:
            run.send(p, signal.SIGKILL)
    run.clean()
    longest = max(longest, time.time() - at)
    done += 1
    print(f"{n} {what}: {time.time() - at:.1f} s", flush=True)
for what, n in sorted(said.items()):
    print(f"{n:5} {what}")
print(f"{done} runs, {sum(faults.values())} faults {dict(faults)}")
sys.exit(bool(faults))
