#!/usr/bin/env python3
"""Measures the explorer as a person meets it, in a pseudo-terminal, with Python's standard library.

    python3 Benchmarks/explorer_latency.py [PROGRAM] [--repeat 7]

Reports medians: process start to the first full frame; key press to frame while the accuracy of the
set is being computed (99th percentile); a toggle to the changed answer on the screen; resident
memory. Times are wall clock and mean something on a quiet machine only.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import sys
import termios
import time

COLUMNS, ROWS = 100, 30


class Session:
    """One run of the program on a screen of 100x30."""

    def __init__(self, program):
        self.start = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(program, [program])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.text = b""

    def read(self, seconds):
        """Takes what comes within `seconds`; says whether anything did."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.text += data
        return bool(data)

    def wait_for(self, pattern, seconds=30):
        """The time at which output matching `pattern` had come, or None."""
        deadline = time.perf_counter() + seconds
        while not re.search(pattern, self.text):
            left = deadline - time.perf_counter()
            if left <= 0 or not self.read(left):
                return None
        return time.perf_counter()

    def settle(self, quiet=0.4):
        while self.read(quiet):
            pass

    def press(self, keys, pattern=rb".", seconds=5):
        """Sends keys and returns the seconds until output matching `pattern` had come."""
        while self.read(0):
            pass
        self.text = b""
        begin = time.perf_counter()
        os.write(self.fd, keys)
        end = self.wait_for(pattern, seconds)
        return None if end is None else end - begin

    def resident_megabytes(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024

    def close(self):
        try:
            os.write(self.fd, b"q")
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def first_frame(program):
    session = Session(program)
    end = session.wait_for(rb"Tab.{0,40}panel", 30)  # the last row
    session.close()
    if end is None:
        sys.exit("no whole frame within 30 s")
    return (end - session.start) * 1000


def keys_under_load(program, count):
    """Moves the selection while the set is evaluated under an edit that is toggled now and then."""
    session = Session(program)
    session.settle(1.0)
    times = []
    for index in range(count):
        if index % 12 == 0:
            session.press(b" ")
        # The cursor's bracket is drawn for this key alone, not for background progress.
        taken = session.press([b"l", b"k", b"h", b"j"][index % 4], rb"(?<!\x1b)\[")
        if taken is not None:
            times.append(taken * 1000)
        time.sleep(0.01)
    session.close()
    times.sort()
    return times[min(len(times) - 1, int(0.99 * len(times)))], statistics.median(times)


def toggle(program, repeat):
    """Space on a head until the answer panel has changed ("before → after" in its title)."""
    session = Session(program)
    session.settle(1.0)
    # A head whose effect is large, so that the answer's numbers change.
    session.press(b":head 5.6\r")
    session.settle()
    times = []
    for _ in range(repeat):
        # The title's arrow comes before the answer; the new logit difference is the answer.
        taken = session.press(b" ", rb"\([+-]\d+\.\d\d\)")
        if taken is not None:
            times.append(taken * 1000)
        session.settle()
        session.press(b" ")
        session.settle(1.0)
    if not times:
        sys.exit("no toggle showed a changed answer; the screen's wording may have changed")
    megabytes = session.resident_megabytes()
    session.close()
    return statistics.median(times), megabytes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default=".build/release/gar")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if not os.access(program, os.X_OK):
        sys.exit(f"{program}: not there; run make build")
    starts = [first_frame(program) for _ in range(options.repeat)]
    p99, median = keys_under_load(program, 40 * options.repeat)
    toggled, megabytes = toggle(program, options.repeat)
    print(f"process start to first full frame   {statistics.median(starts):7.1f} ms")
    print(f"key to frame under load, median     {median:7.1f} ms")
    print(f"key to frame under load, 99th       {p99:7.1f} ms")
    print(f"toggle to changed answer            {toggled:7.1f} ms")
    print(f"resident memory                     {megabytes:7.1f} MB")


if __name__ == "__main__":
    main()
