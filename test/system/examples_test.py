"""The examples of tools/linux against a device that is a terminal here: what they write, and what they make of answers.

Both, in C and in Python, have to write the same request, which has to be what its schema says.
"""

import os
import pty
import struct
import subprocess
import sys
import tempfile
import tty

from checks import ROOT, Checks

import cbor2
import cddl

LINUX = os.path.join(ROOT, 'tools', 'linux')
sys.path.insert(0, LINUX)

import build_module  # noqa: E402

NAME = 'Ada'
HEAD = struct.pack('16sII', b'hello', 1, 2)
REQUEST = HEAD + cbor2.dumps({0: NAME}, canonical=True)
GOOD = cbor2.dumps({0: 'Welcome, Ada, says the SVSM', 1: 2}, canonical=True)
WELCOME = 'Welcome, Ada, says the SVSM (to VMPL2)\n'
REFUSED = 0x80000005


def answer(result, message):
    """What is read from the device."""
    return struct.pack('II', result, len(message)) + message


def run(program, reply):
    """One run of an example: what it wrote to the device, its status, its output."""
    control, device = pty.openpty()
    tty.setraw(device)
    with subprocess.Popen([*program, NAME, os.ttyname(device)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as example:
        # A write to a terminal in raw mode arrives as it was made, for it is shorter than the terminal's buffer.
        written = os.read(control, 8192)
        os.write(control, reply)
        output = example.communicate(timeout=60)[0]
    os.close(control)
    os.close(device)
    return written, example.returncode, output


def schema(name):
    """One file of docs/cddl."""
    with open(os.path.join(ROOT, 'docs', 'cddl', name + '.cddl'), encoding='utf-8') as file:
        return cddl.Schema(file.read())


def main():
    """Both examples, and a good and a bad answer for each."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='keel-examples-') as folder:
        programs = {'C': [build_module.example(os.path.join(folder, 'hello'))],
                    'Python': [sys.executable, '-B', os.path.join(LINUX, 'examples', 'hello.py')]}
        for language, program in programs.items():
            written, status, output = run(program, answer(0, GOOD))
            checks.that(f'{language}: writes the request', written == REQUEST, written)
            schema('hello-welcome-request').check(cbor2.loads(written[len(HEAD):]))
            checks.that(f'{language}: prints the welcome', (status, output) == (0, WELCOME), (status, output))
            _, status, output = run(program, answer(REFUSED, b''))
            checks.that(f'{language}: says what it was refused with', status == 1 and f'{REFUSED:#x}' in output, output)
            _, status, output = run(program, answer(0, GOOD[:-1]))
            checks.that(f'{language}: takes no broken reply', status == 1 and 'Welcome' not in output, (status, output))
    checks.end()


if __name__ == '__main__':
    main()
