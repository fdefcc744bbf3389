#!/usr/bin/python3
"""Behaves like QEMU as far as tools/keel can tell: opens its chardevs, answers QMP, plays a scene.

The scene is a JSON list in the environment (KEEL_FAKE_SCENE) of [verb, argument]: guest, svsm and sim write text,
flood writes single bytes and waits for nobody, sleep waits, echo writes
back what is typed, exit ends with a status, kill dies by SIGKILL. As the first one, refuse ends at once, and over has
the QMP greeting arrive only after the scene and the process have ended.
"""

import json
import os
import re
import signal
import socket
import sys
import threading
import time

STATS = {'launch_digest': 'ab' * 48, 'guest_vmpl': 2, 'smp': 1, 'calls': {'0.1': 30},
         'results': {'0.1': {'0x00000000': 30}}, 'exits': {'cpuid': 5}, 'vmpl_switches': 60}
GREETING = b'{"QMP": {"version": {}}}\n'


def connect():
    """QEMU's ends of the pipes and of the QMP socket, by name."""
    ends = {}
    for word in sys.argv:
        found = re.match(r'pipe,id=(\w+),path=(.*)', word)
        if found:
            ends[found.group(1) + '.in'] = os.open(found.group(2) + '.in', os.O_RDWR)
            ends[found.group(1)] = os.open(found.group(2) + '.out', os.O_RDWR)
        if word.startswith('unix:'):
            ends['qmp'] = socket.socket(socket.AF_UNIX)
            ends['qmp'].connect(word[len('unix:'):])
    return ends


def serve_qmp(ends):
    """Answer each command; inject-nmi makes a statistics line, quit ends the process."""
    qmp = ends['qmp'].makefile('rwb')
    for line in qmp:
        command = json.loads(line)['execute']
        qmp.write(b'{"return": {}}\n')
        qmp.flush()
        if command == 'inject-nmi' and not os.environ.get('KEEL_FAKE_DEAF'):
            os.write(ends['sim'], b'sim: stats ' + json.dumps(STATS).encode() + b'\n')
        if command == 'quit':
            os._exit(0)


def greet_afterwards(ends):
    """A child greets once this process has ended; it has nothing open but QMP."""
    own = os.getpid()
    if os.fork() != 0:
        return
    for name in ends.keys() - {'qmp'}:
        os.close(ends[name])
    while os.getppid() == own:
        time.sleep(0.01)
    ends['qmp'].sendall(GREETING)
    os._exit(0)


def main():
    """Play the scene."""
    if os.environ.get('KEEL_FAKE_PID'):
        with open(os.environ['KEEL_FAKE_PID'], 'w', encoding='utf-8') as file:
            file.write(f'{os.getpid()}\n' + '\n'.join(sys.argv[1:]) + '\n')
    scene = json.loads(os.environ['KEEL_FAKE_SCENE'])
    if scene and scene[0][0] == 'refuse':
        print('qemu-system-x86_64: ' + scene[0][1], file=sys.stderr)
        return 1
    ends = connect()
    if scene and scene[0][0] == 'over':
        greet_afterwards(ends)
    else:
        ends['qmp'].sendall(GREETING)
    threading.Thread(target=serve_qmp, args=(ends,), daemon=True).start()
    for verb, argument in scene:
        if verb in ('guest', 'svsm', 'sim'):
            os.write(ends[verb], argument.encode())
        elif verb == 'stats':
            os.write(ends['sim'], b'sim: stats ' + json.dumps(STATS).encode() + b'\n')
        elif verb == 'flood':
            os.set_blocking(ends['guest'], False)
            for _ in range(argument):
                os.write(ends['guest'], b'.')
        elif verb == 'sleep':
            time.sleep(argument)
        elif verb == 'echo':
            os.write(ends['guest'], b'got ' + os.read(ends['guest.in'], 100))
        elif verb == 'exit':
            os._exit(argument)
        elif verb == 'kill':
            os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)
    return 0


if __name__ == '__main__':
    sys.exit(main())
