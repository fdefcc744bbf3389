"""Debian's Linux with the SVSM's TPM: tpm2-tools step by step, the firmware's event log replayed, a TPM that dies.

Usage: vtpm_test.py [--linux NAME] [tools] [death]
"tools" boots the shipped image, "death" one whose vTPM faults when it is told to (test/services/mortal_tpm.c); both
unless one is named.
"""

import argparse
import base64
import binascii
import hashlib
import os
import re
import tempfile

from checks import Boot, Checks

import build
import eventlog
import fetch
import guest
import linux_test
from common import BUILD

# The first of Debian's firmware that measures into an SVSM's TPM.
FIRMWARE = 'ovmf-2026.08'
SECONDS = 900
VMPL = 2
STEPS = (
    'devices', 'getrandom', 'createek', 'pcrread', 'pcrextend', 'pcrreset', 'createprimary RSA', 'createprimary ECC',
    'create', 'load', 'sign', 'verifysignature', 'verifysignature of another message refused', 'quote', 'checkquote',
    'checkquote with another nonce refused', 'seal under a PCR policy', 'unseal', 'extend the PCR',
    'unseal under other PCR values refused', 'nvdefine', 'nvwrite', 'nvread', 'nvread with a wrong password refused',
    'dictionary attack: set up', 'dictionary attack: right password', 'dictionary attack: wrong password 1 refused',
    'dictionary attack: wrong password 2 refused', 'dictionary attack: wrong password 3 refused',
    'dictionary attack: right password in lockout refused', 'dictionary attack: clear the lockout',
    'dictionary attack: right password again', 'resource manager', 'without resource manager', 'clear',
    'nvread after clear refused', 'load after clear refused', 'getrandom after clear',
)
DEATH_STEPS = (
    'devices', 'getrandom', 'createek', 'pcrextend', 'the command it dies of refused', 'the driver says why',
    'getrandom refused', 'pcrread refused', 'the kernel reads no PCR', 'the driver goes',
    'the driver does not come back',
)
MEASURED = range(8)
INITRD_EVENT = b'Linux initrd\0'


def boot_linux(linux, tests, folder, *words):
    """Boot with TESTS as the guest's own; returns (the boot, its console's lines, its RAM disk)."""
    initrd = guest.test_initrd(os.path.join(folder, 'initrd'), linux, tests, linux_test.built(linux, tests, folder))
    append = f'{linux_test.COMMAND_LINE} keel.test={",".join(tests)}'
    boot = Boot('--timeout', str(SECONDS), '--smp', '1', '--kernel', guest.kernel(linux), '--initrd', initrd,
                '--append', append, '--expect', f'^vmpl: {VMPL}$', '--expect', '^tests done$', *words)
    lines = boot.log('guest')
    print('\n'.join(line for line in lines if line.startswith('    ')))
    return boot, [line.strip() for line in lines], initrd


def check_steps(checks, lines, steps):
    """Each step with its own line, and no others; what the tools said of one that failed is shown."""
    said = dict(match.groups() for match in (re.match(r'vtpm (.*): (ok|FAILED)$', line) for line in lines) if match)
    for step in steps:
        checks.that(step, said.get(step) == 'ok', said.get(step, 'the guest does not mention it'))
    checks.that('the guest made no other step', set(said) <= set(steps), set(said) - set(steps))


def log_of(lines):
    """The event log between its two lines, and the PCRs of the guest's kernel: bank to number to value."""
    pcrs = {}
    for match in filter(None, (re.match(r'pcr (\w+) (\d+) ([0-9A-F]+)$', line) for line in lines)):
        pcrs.setdefault(match[1], {})[int(match[2])] = bytes.fromhex(match[3])
    begin, end = lines.index('event log begins'), lines.index('event log ends')
    return base64.b64decode(''.join(lines[begin + 1:end]), validate=True), pcrs


def check_log(checks, lines, initrd):
    """The firmware's log leads to the TPM's PCRs, and names the RAM disk that was given from outside."""
    try:
        log, pcrs = log_of(lines)
        events = eventlog.read(log)
    except (ValueError, binascii.Error, eventlog.Damaged) as error:
        checks.that('the guest shows an event log', False, error)
        return
    checks.that('the guest shows an event log', events)
    checks.that('the TPM has the banks of the log', pcrs and all(set(event.digests) == set(pcrs) for event in events),
                list(pcrs))
    for bank, values in sorted(pcrs.items()):
        replayed = eventlog.replay(events, bank)
        for number in MEASURED:
            zeros = bytes(len(values[number]))
            checks.that(f'PCR {number} of {bank} is extended and as the log says',
                        zeros != values[number] == replayed.get(number), values[number].hex())
        checks.that(f'no other PCR of {bank} contradicts the log',
                    all(values[number] == value for number, value in replayed.items()))
    with open(initrd, 'rb') as file:
        wanted = hashlib.sha256(file.read()).digest()
    measured = [event.digests.get('sha256') for event in events if INITRD_EVENT in event.data]
    checks.that('the log has the hash of the RAM disk that was given', measured == [wanted], measured)


def key_of(lines):
    """The endorsement key that a guest saw, or None."""
    return next((line for line in lines if re.match(r'endorsement key: [0-9a-f]{64}', line)), None)


def tools(checks, linux):
    """The shipped image."""
    with tempfile.TemporaryDirectory(prefix='keel-vtpm-') as folder:
        boot, lines, initrd = boot_linux(linux, ['eventlog', 'vtpm'], folder, '--firmware', fetch.firmware(FIRMWARE))
        checks.that('the guest comes to its end', boot.status == 0, f'exit {boot.status}')
        checks.that('the driver finds the TPM', "driver: the SVSM's TPM is tpm0" in lines)
        check_log(checks, lines, initrd)
        check_steps(checks, lines, STEPS)
    results = boot.report.get('results') or {}
    print({name: results.get(name) for name in ('2.0', '2.1')})
    return key_of(lines)


def death(checks, linux):
    """A vTPM that dies stays down; nobody ever sees clean PCRs."""
    image = os.path.join(BUILD, 'keel-mortal.igvm')
    build.make_image(image, firmware=fetch.firmware(FIRMWARE), services={'vtpm': 'test/services/mortal_tpm.elf'})
    with tempfile.TemporaryDirectory(prefix='keel-vtpm-') as folder:
        boot, lines, _ = boot_linux(linux, ['vtpm-death'], folder, '--igvm', image)
    checks.that('the guest comes to its end', boot.status == 0, f'exit {boot.status}')
    check_steps(checks, lines, DEATH_STEPS)
    said = [line for line in boot.log('svsm') if 'service vtpm' in line]
    checks.that('the SVSM says once that the service died', sum('died; stays down' in line for line in said) == 1, said)
    return key_of(lines)


def main():
    """One boot or both."""
    kinds = {'tools': tools, 'death': death}
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('kinds', nargs='*', choices=[*kinds, []])
    parser.add_argument('--linux', default=guest.DEFAULT, choices=sorted(guest.KERNELS))
    options = parser.parse_args()
    checks = Checks()
    keys = [kinds[kind](checks, options.linux) for kind in options.kinds or kinds]
    checks.that('each launch has a TPM with keys of its own', None not in keys and len(set(keys)) == len(keys), keys)
    checks.end()


if __name__ == '__main__':
    main()
