"""How many tests a machine can run at once: a boot needs a core, and memory for a guest of 2 GiB."""

import os
import re

# All of a guest's memory is resident: the SVSM zeroes each page. QEMU and the simulator come on top.
BOOT_BYTES = 5 << 29
# The consoles' pipes of more boots would pass what Linux lets one user have.
MOST = 16
QUOTA = '/sys/fs/cgroup/cpu.max'
MEMORY = '/proc/meminfo'


def read(path):
    """A file's text; nothing when there is no such file."""
    try:
        with open(path, encoding='ascii') as file:
            return file.read()
    except OSError:
        return ''


def limit(cores, quota, memory):
    """The number, at least one. CORES: of this process; QUOTA, MEMORY: what cpu.max and /proc/meminfo say."""
    limits = [cores, MOST]
    share = re.match(r'(\d+) (\d+)$', quota)
    if share:
        limits.append(int(share[1]) // int(share[2]))
    available = re.search(r'^MemAvailable: +(\d+) kB$', memory, re.MULTILINE)
    if available:
        limits.append((int(available[1]) << 10) // BOOT_BYTES)
    return max(1, min(limits))


def tests():
    """The number for this machine now."""
    return limit(len(os.sched_getaffinity(0)), read(QUOTA), read(MEMORY))
