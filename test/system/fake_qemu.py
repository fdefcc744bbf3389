#!/usr/bin/python3
"""Behaves like QEMU as far as tools/keel can tell: connects its chardevs, answers QMP, plays a scene.

The scene is a JSON list in the environment (KEEL_FAKE_SCENE) of [verb, argument]: guest, svsm and sim write text,
sleep waits, echo writes back what is typed, exit ends with a status, kill dies by SIGKILL, wait serves QMP until quit.
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


def connect():
    """A socket for every chardev and for QMP, by name."""
    paths = {}
    for word in sys.argv:
        found = re.match(r'socket,id=(\w+),path=(.*)', word)
        if found:
            paths[found.group(1)] = found.group(2)
        if word.startswith('unix:'):
            paths['qmp'] = word[len('unix:'):]
    sockets = {}
    for name, path in paths.items():
        sockets[name] = socket.socket(socket.AF_UNIX)
        sockets[name].connect(path)
    return sockets


def serve_qmp(sockets):
    """Answer each command; inject-nmi makes a statistics line, quit ends the process."""
    qmp = sockets['qmp'].makefile('rwb')
    for line in qmp:
        command = json.loads(line)['execute']
        qmp.write(b'{"return": {}}\n')
        qmp.flush()
        if command == 'inject-nmi' and not os.environ.get('KEEL_FAKE_DEAF'):
            sockets['sim'].sendall(b'sim: stats ' + json.dumps(STATS).encode() + b'\n')
        if command == 'quit':
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
    sockets = connect()
    sockets['qmp'].sendall(b'{"QMP": {"version": {}}}\n')
    threading.Thread(target=serve_qmp, args=(sockets,), daemon=True).start()
    for verb, argument in scene:
        if verb in ('guest', 'svsm', 'sim'):
            sockets[verb].sendall(argument.encode())
        elif verb == 'stats':
            sockets['sim'].sendall(b'sim: stats ' + json.dumps(STATS).encode() + b'\n')
        elif verb == 'sleep':
            time.sleep(argument)
        elif verb == 'echo':
            sockets['guest'].sendall(b'got ' + sockets['guest'].recv(100))
        elif verb == 'exit':
            os._exit(argument)
        elif verb == 'kill':
            os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)
    return 0


if __name__ == '__main__':
    sys.exit(main())
