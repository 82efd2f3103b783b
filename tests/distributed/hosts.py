#!/usr/bin/env python3
"""Trains on ranks that are on hosts of their own, whose messages take some ms: hosts.py MPIRUN PROGRAM [--delay MS].

A host is a network namespace of this machine. Its only way out is a TUN device, and this script holds the other ends: it takes each packet, waits,
and gives it to the host of its address. The weights must have the bits of one process. Needs root, Linux and Open MPI, and is skipped without.
"""
import argparse
import collections
import fcntl
import os
import pathlib
import re
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import ranks as mpi

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NETWORK, MTU = "10.77.0", 60000


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def address(host):
    return f"{NETWORK}.{host + 1}"


class Hosts:
    """Some hosts, as long as a `with` lasts. Messages between them take `delay` seconds."""

    def __init__(self, count, delay):
        self.count, self.delay = count, delay
        self.prefix = f"furl-{os.getpid()}-"
        self.devices, self.names = [], []
        self.packets = 0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.relay, daemon=True)

    def name(self, host):
        return self.prefix + address(host)

    def __enter__(self):
        try:
            for host in range(self.count):
                self.add(host)
        except BaseException:
            self.remove()
            raise
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ends.set()
        self.thread.join()
        self.remove()

    def add(self, host):
        def ip(*words):
            subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

        namespace = self.name(host)
        ip("netns", "add", namespace)
        self.names.append(namespace)
        device = f"furl{os.getpid() % 1000000}t{host}"
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        self.devices.append(tun)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
        ip("link", "set", device, "netns", namespace)
        ip("-n", namespace, "address", "add", address(host) + "/24", "dev", device)
        ip("-n", namespace, "link", "set", device, "mtu", str(MTU), "up")
        ip("-n", namespace, "link", "set", "lo", "up")

    def remove(self):
        for tun in self.devices:
            os.close(tun)
        for namespace in self.names:
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)

    def relay(self):
        """Carries packets. Each waits equally long, so the first that comes is the first that goes."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -20)  # ranks that wait keep all processors busy
        waiting = collections.deque()
        while not self.ends.is_set():
            wait = min(0.1, max(0, waiting[0][0] - time.monotonic())) if waiting else 0.1
            for tun in select.select(self.devices, [], [], wait)[0]:
                packet = os.read(tun, 1 << 16)
                waiting.append((time.monotonic() + self.delay, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                packet = waiting.popleft()[1]
                host = packet[19] - 1  # the last byte of the receiver's address
                if packet[0] >> 4 != 4 or not 0 <= host < self.count:
                    continue  # of IPv6, or to nobody
                self.packets += 1
                try:
                    os.write(self.devices[host], packet)
                except BlockingIOError:
                    pass  # lost, as in a network; TCP sends it again


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nends with status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def hashes(text):
    """The hash of each rank, by rule."""
    found = collections.defaultdict(list)
    for rule, value in re.findall(r"^(.+) on rank \d+: (\w{16})$", text, re.M):
        found[rule].append(value)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mpirun")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--delay", type=float, default=2, help="how long a packet waits, in ms")
    arguments = parser.parse_args()

    if sys.platform != "linux" or os.geteuid() != 0:
        skip("only root on Linux makes network namespaces")
    if not pathlib.Path("/dev/net/tun").exists():
        skip("there is no /dev/net/tun")
    said = subprocess.run([arguments.mpirun, "--version"], capture_output=True, text=True).stdout
    if "Open MPI" not in said:
        skip("ranks are started on hosts by options of Open MPI, and this is another MPI")
    try:
        with Hosts(1, 0):
            pass
    except (OSError, subprocess.CalledProcessError) as e:
        skip(f"no network namespace with a TUN device: {getattr(e, 'stderr', None) or e}")

    program = arguments.program.resolve()
    alone = hashes(run(mpi.command(arguments.mpirun, 1, program)))
    failed = len(alone) != 5
    for count in (2, 3):
        with Hosts(count, arguments.delay / 1000) as hosts, tempfile.TemporaryDirectory() as folder:
            agent, list_of_hosts = pathlib.Path(folder) / "agent", pathlib.Path(folder) / "hosts"
            agent.write_text(f'#!/bin/sh\nhost=$1\nshift\nexec ip netns exec {hosts.prefix}$host sh -c "$*"\n')
            agent.chmod(0o755)
            list_of_hosts.write_text("".join(f"{address(i)} slots=1\n" for i in range(count)))
            options = {"plm": "rsh", "plm_rsh_agent": agent, "btl": "tcp,self", "btl_tcp_if_include": f"{NETWORK}.0/24",
                       "oob_tcp_if_include": f"{NETWORK}.0/24", "orte_keep_fqdn_hostnames": 1, "mpi_yield_when_idle": 1}
            command = mpi.command(arguments.mpirun, count, program, "--time")
            command[1:1] = ["--hostfile", list_of_hosts, "--map-by", "node", *(str(x) for name, value in options.items() for x in ("--mca", name, value))]
            text = run(["ip", "netns", "exec", hosts.name(0), *command])
            together = hashes(text)
        for rule, (expected,) in alone.items():
            equal = together[rule] == [expected] * count
            failed |= not equal
            print(f"{count} hosts: {rule}: {'the bits of one process' if equal else f'{together[rule]} and not {expected}'}")
        if hosts.packets < 1000:
            failed = True
            print(f"only {hosts.packets} packets went between the hosts: messages have another way")
        failed |= not print_times(text)
    return failed


def print_times(text):
    """Prints the times of steps, beside the model of docs/many_processes.md for messages that do nothing but wait. Returns whether they are there.
    They decide nothing: other programs may use the machine."""
    wait = float(re.search(r"^a message: ([\d.]+) ms$", text, re.M)[1])
    print(f"  a message takes {wait:.1f} ms")
    row = r"^(\d+) messages in a row: a step ([\d.]+) ms, of two groups ([\d.]+) ms, without overlap ([\d.]+) ms, an all-reduce alone ([\d.]+) ms$"
    rows = re.findall(row, text, re.M)
    for messages, step, groups, apart, plain in rows:
        in_a_row = int(messages)
        overlapped, one_by_one = 3 + 2 * (in_a_row - 1) // 3, 1 + 2 * ((in_a_row + 1) // 2)
        print(f"  {messages} messages in a row: a step {step} ms, of two groups {groups} ms (model {overlapped * wait:.1f} ms), "
              f"without overlap {apart} ms (model {one_by_one * wait:.1f} ms), an all-reduce alone {plain} ms")
    return len(rows) == 2


sys.exit(main())
