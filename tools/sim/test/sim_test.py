"""Boots the simulator's own test guest (guest.c) in QEMU, once for its checks and once for each deed that must end
the run. Prints every check and `N passed, N failed`.

Usage: sim_test.py SIM_BIN GUEST_BIN
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import mkigvm

QEMU = 'qemu-system-x86_64'
SECONDS = 60
MEMORY = '256M'
WIDE = 'EPYC-Milan,+la57,phys-bits=52'

# Mode of the guest, CPUs of the machine, their model, parameters, how the simulator says it ended.
RUNS = [
    (0, 1, WIDE, 'c_bit=51', r'VMPL0 asks to terminate: reason set 0, reason 0'),
    (0, 1, WIDE, 'c_bit=51 rmp=2m npt_pages=64', r'VMPL0 asks to terminate: reason set 0, reason 0'),
    (0, 1, 'EPYC-Milan,phys-bits=48', 'c_bit=47', r'VMPL0 asks to terminate: reason set 0, reason 0'),
    (1, 1, WIDE, 'c_bit=51', r'VMEXIT_INVALID: gpa 0xa01000 is no VMSA page in the RMP'),
    (2, 1, WIDE, 'c_bit=51', r'VMEXIT_INVALID: .* EFER.SVME clear'),
    (3, 1, WIDE, 'c_bit=51', r'VMEXIT_INVALID: .* is for VMPL1 .* not for VMPL2'),
    (4, 1, WIDE, 'c_bit=51', r'VMPL violation: fetch of gpa 0x90000 by VMPL2'),
    (5, 1, WIDE, 'c_bit=51', r'VMPL violation: write of gpa 0x7ff0 by VMPL2'),
    (6, 1, WIDE, 'c_bit=51 icount=1', r'VMPL0 asks to terminate: reason set 0, reason 0'),
    (0, 2, WIDE, 'c_bit=51 spare_cpu=1', r'VMPL0 asks to terminate: reason set 0, reason 0'),
    (0, 1, WIDE, 'c_bit=51 spare_cpu=1', r'1 CPUs: 2 to 64 are possible'),
    (0, 1, WIDE, 'c_bit=50', r'parameter c_bit: 47 or 51'),
    (0, 1, WIDE, 'rmp=3', r'parameter rmp: 2m or 4k'),
    (0, 1, WIDE, 'spare_cpu=2', r'parameter spare_cpu: bad value, want 0\.\.1'),
    (0, 1, WIDE, 'trace', r'parameter trace: bad value, want 0\.\.1'),
    (0, 1, WIDE, 'colour=1', r'parameter colour is unknown'),
    (0, 1, 'EPYC-Milan', 'c_bit=51', r'c_bit=51 needs 5-level nested tables'),
]


def run(folder, sim, igvm, cpu, params, seconds=SECONDS, cpus=1):
    """One machine: what the guest said and what the simulator said."""
    console, log = (os.path.join(folder, name) for name in ('console', 'log'))
    command = [QEMU, '-machine', 'q35', '-cpu', cpu, '-smp', str(cpus), '-accel', 'tcg', '-m', MEMORY,
               '-display', 'none', '-vga', 'none', '-net', 'none', '-monitor', 'none', '-no-reboot', '-bios', sim,
               '-fw_cfg', 'name=opt/keel/igvm,file=' + igvm, '-fw_cfg', 'name=opt/keel/sim,string=' + params,
               '-serial', 'file:' + console, '-chardev', 'file,id=log,path=' + log,
               '-device', 'isa-debugcon,iobase=0xe9,chardev=log']
    if 'icount' in params:
        command += ['-icount', 'shift=0']
    try:
        subprocess.run(command, timeout=seconds, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        print(f'no end after {seconds} s')
    texts = []
    for path in (console, log):
        with open(path, encoding='ascii', errors='replace') as file:
            texts.append(file.read())
    return texts


def main():
    """All runs."""
    sim, guest = sys.argv[1:]
    if shutil.which(QEMU) is None:
        print(f'{QEMU} is not installed')
        return 77
    passed, failed = 0, 0
    with open(guest, 'rb') as file:
        code = file.read()
    for mode, cpus, cpu, params, want in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            igvm = os.path.join(folder, 'guest.igvm')
            with open(igvm, 'wb') as file:
                file.write(mkigvm.igvm(*mkigvm.flat_pages(code, mode)))
            console, log = run(folder, sim, igvm, cpu, params, cpus=cpus)
        lines = re.findall(r'^(?:ok|FAIL) .*', console, re.MULTILINE)
        bad = [line for line in lines if line.startswith('FAIL')]
        reason = re.search(r'^sim: terminated: (.*)', log, re.MULTILINE)
        if reason is None or not re.search(want, reason[1]) or 'sim: stats {' not in log:
            bad.append(f'FAIL the run ended otherwise: {reason[1] if reason else log[-500:]}')
        if 'terminate' in want and not re.search(r'^\d+ passed, 0 failed', console, re.MULTILINE):
            bad.append('FAIL no clean summary: ' + console[-200:])
        print(f'mode {mode}, {params}, {cpu}: {len(lines)} checks, {reason[1] if reason else "no end"}')
        for line in bad:
            print(line.strip())
        passed += len(lines) - sum(line in lines for line in bad) + 1
        failed += len(bad)
    print(f'{passed} passed, {failed} failed')
    return int(failed != 0)


if __name__ == '__main__':
    sys.exit(main())
