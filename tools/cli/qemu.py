"""The virtual machine: QEMU's command line, its process, and the sockets it talks through.

QEMU connects to sockets that this side listens on, so nothing has to be polled for; the folder they are in is removed
as soon as QEMU has connected. The process dies with this one, whatever ends it.
"""

import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from common import Failure

CHANNELS = ('guest', 'svsm', 'sim', 'qmp')
CONNECT_SECONDS = 60
QUIT_SECONDS = 5
PR_SET_PDEATHSIG = 1
BIOS = 'tools/sim/sim.bin'
SOCKET_PATH_MAX = 100


def escape(path):
    """PATH inside a QEMU option, where a comma ends a value."""
    return path.replace(',', ',,')


def cpu_model(c_bit, la57):
    """The processor: a C-bit of 51 needs five nested levels and 52 physical bits, one of 47 exactly 48."""
    return 'EPYC-Milan,phys-bits=48' if c_bit == 47 and not la57 else 'EPYC-Milan,+la57,phys-bits=52'


def command_line(options, bios, igvm, sockets):
    """QEMU's arguments; SOCKETS maps each of CHANNELS to a path that is listened on."""
    la57 = 'la57' in options.cpu_feature
    words = [options.qemu, '-machine', 'q35', '-cpu', cpu_model(options.c_bit, la57),
             '-accel', 'tcg,thread=multi' if options.smp > 1 else 'tcg',
             '-m', f'{options.memory >> 20}M', '-smp', str(options.smp),
             '-display', 'none', '-vga', 'none', '-net', 'none', '-monitor', 'none', '-no-reboot',
             '-bios', bios,
             '-fw_cfg', f'name=opt/keel/igvm,file={escape(igvm)}',
             '-fw_cfg', f'name=opt/keel/sim,string=c_bit={options.c_bit} la57={int(la57)}']
    for name in CHANNELS[:3]:
        words += ['-chardev', f'socket,id={name},path={escape(sockets[name])}']
    words += ['-serial', 'chardev:guest', '-serial', 'null', '-serial', 'chardev:svsm',
              '-device', 'isa-debugcon,iobase=0xe9,chardev=sim', '-qmp', 'unix:' + escape(sockets['qmp'])]
    for option in ('kernel', 'initrd', 'append'):
        if getattr(options, option) is not None:
            words += ['-' + option, getattr(options, option)]
    for number, disk in enumerate(options.disk):
        words += ['-drive', f'file={escape(disk)},format=raw,if=none,id=disk{number},snapshot=on',
                  '-device', f'virtio-blk-pci,drive=disk{number},disable-legacy=on,iommu_platform=on']
    return words + shlex.split(os.environ.get('KEEL_QEMU_ARGS', ''))


def die_with_parent():
    """In the child: be killed when the command is, even by SIGKILL; terminal signals are the command's to handle."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgid(0, 0)


class Machine:
    """A running QEMU."""

    def __init__(self, options, bios, igvm):
        self.folder = None
        self.process = None
        self.errors = None
        self.sockets = {}
        try:
            self.start(options, bios, igvm)
        except BaseException:
            self.stop()
            raise

    def start(self, options, bios, igvm):
        """Listen, start QEMU, and take its four connections."""
        self.folder = tempfile.mkdtemp(prefix='keel-')
        if len(self.folder) > SOCKET_PATH_MAX - len('/guest'):
            shutil.rmtree(self.folder)
            self.folder = tempfile.mkdtemp(prefix='keel-', dir='/tmp')
        paths = {name: os.path.join(self.folder, name) for name in CHANNELS}
        listeners = {}
        try:
            for name, path in paths.items():
                listeners[name] = socket.socket(socket.AF_UNIX)
                listeners[name].bind(path)
                listeners[name].listen(1)
            with open(os.path.join(self.folder, 'stderr'), 'w+b') as errors:
                self.errors = open(os.path.join(self.folder, 'stderr'), 'rb')
                self.process = subprocess.Popen(command_line(options, bios, igvm, paths), stdin=subprocess.DEVNULL,
                                                stdout=errors, stderr=errors, preexec_fn=die_with_parent)
            for name, listener in listeners.items():
                self.sockets[name] = self.accept(listener)
            self.greet()
        except OSError as error:
            raise Failure(f'cannot start {options.qemu}: {error.strerror or error}') from error
        finally:
            for listener in listeners.values():
                listener.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def accept(self, listener):
        """QEMU's connection to LISTENER, or a Failure that says why there is none."""
        listener.settimeout(0.1)
        deadline = time.monotonic() + CONNECT_SECONDS
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                ended = self.process.poll() is not None
            if ended:
                raise Failure(f'QEMU did not start ({self.ending()})')
            if time.monotonic() > deadline:
                raise Failure(f'QEMU did not connect within {CONNECT_SECONDS} s: {self.complaint()}')

    def greet(self):
        """QMP takes commands only after this exchange; by then QEMU has read every file it was given."""
        self.sockets['qmp'].settimeout(CONNECT_SECONDS)
        try:
            greeting = b''
            while b'\n' not in greeting:
                more = self.sockets['qmp'].recv(4096)
                if not more:
                    raise Failure(f'QEMU did not start ({self.ending()})')
                greeting += more
        except TimeoutError:
            raise Failure('QEMU does not answer on QMP') from None
        self.execute('qmp_capabilities')

    def execute(self, command):
        """Send a QMP command; its answer is of no interest, and a QEMU that has gone is seen elsewhere."""
        try:
            self.sockets['qmp'].sendall(json.dumps({'execute': command}).encode() + b'\n')
        except OSError:
            pass

    def complaint(self):
        """The last thing QEMU said for itself."""
        self.errors.seek(0)
        lines = [line for line in self.errors.read().decode('utf-8', 'replace').splitlines() if line.strip()]
        return re.sub(r'^\S*qemu-system-x86_64: ', '', lines[-1]) if lines else 'it said nothing'

    def ending(self):
        """How QEMU ended, for a message; it has ended or is about to."""
        try:
            status = self.process.wait(QUIT_SECONDS)
        except subprocess.TimeoutExpired:
            return self.complaint()
        how = f'exit {status}' if status >= 0 else signal.Signals(-status).name
        return how if status == 0 else f'{how}: {self.complaint()}'

    def stop(self):
        """End QEMU; nothing of it is left."""
        if self.process is not None and self.process.poll() is None:
            if 'qmp' in self.sockets:
                self.execute('quit')
                try:
                    self.process.wait(QUIT_SECONDS)
                except subprocess.TimeoutExpired:
                    pass
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
        for channel in self.sockets.values():
            channel.close()
        if self.errors is not None:
            self.errors.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
