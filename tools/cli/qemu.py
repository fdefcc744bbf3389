"""The virtual machine: QEMU's command line, its process, and what it talks through.

Consoles are pipes: a socket is full after some hundred single bytes that nobody read yet, and QEMU's serial port then
loses what follows; a pipe takes a million. QMP is a socket that QEMU connects to. The folder they are in is removed as
soon as QEMU has opened everything. The process dies with this one, whatever ends it.
"""

import contextlib
import ctypes
import fcntl
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

CONSOLES = ('guest', 'svsm', 'sim')
PIPE_BYTES = 1 << 20
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


def accelerator(options):
    """How QEMU executes: vCPUs in turns or in parallel; by time, or with a clock that counts instructions.

    In turns is the default: in parallel they wait for locks whose holder the machine has put aside, and with five vCPUs
    on two busy cores that took nine times as long.
    """
    threads = 'tcg,thread=multi' if options.parallel and options.smp > 1 else 'tcg,thread=single'
    return ['-accel', threads] + (['-icount', 'shift=0,sleep=off'] if options.deterministic else [])


def simulator_parameters(options):
    """What the simulator is told."""
    words = [f'c_bit={options.c_bit}', f'la57={int("la57" in options.cpu_feature)}']
    words += ['icount=1'] if options.deterministic else []
    words += [f'report_version={options.report_version}'] if options.report_version is not None else []
    words += ['tell_certs=1'] if options.certs else []
    words += ['trace_calls=1'] if options.trace_calls else []
    return ' '.join(words + os.environ.get('KEEL_SIM_PARAMS', '').split())


def command_line(options, bios, igvm, folder):
    """QEMU's arguments; FOLDER has the pipes and the socket."""
    la57 = 'la57' in options.cpu_feature
    words = [options.qemu, '-machine', 'q35', '-cpu', cpu_model(options.c_bit, la57),
             *accelerator(options),
             '-m', f'{options.memory >> 20}M', '-smp', str(options.smp),
             '-display', 'none', '-vga', 'none', '-net', 'none', '-monitor', 'none', '-no-reboot',
             '-bios', bios,
             '-fw_cfg', f'name=opt/keel/igvm,file={escape(igvm)}',
             '-fw_cfg', f'name=opt/keel/sim,string={simulator_parameters(options)}']
    for name in CONSOLES:
        words += ['-chardev', f'pipe,id={name},path={escape(os.path.join(folder, name))}']
    # OVMF writes its console to the second port as well; the third is the SVSM's alone.
    words += ['-serial', 'chardev:guest', '-serial', 'null', '-serial', 'chardev:svsm',
              '-device', 'isa-debugcon,iobase=0xe9,chardev=sim', '-qmp', 'unix:' + escape(os.path.join(folder, 'qmp'))]
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
    """A running QEMU: `consoles` has what it says, by name; bytes for the guest go to `keyboard`.

    Whoever makes one sees to stop() before start(): a signal may come at any time.
    """

    def __init__(self):
        self.folder = None
        self.process = None
        self.errors = None
        self.qmp = None
        self.consoles = {}
        self.keyboard = None

    def start(self, options, bios, igvm):
        """Start QEMU, or fail with what is wrong."""
        try:
            self.launch(options, bios, igvm)
        except OSError as error:
            raise Failure(f'cannot start {options.qemu}: {error.strerror or error}') from error

    def launch(self, options, bios, igvm):
        """Make the pipes, start QEMU, and wait until it answers on QMP: by then it has opened every file."""
        self.folder = tempfile.mkdtemp(prefix='keel-')
        if len(self.folder) > SOCKET_PATH_MAX - len('/qmp'):
            shutil.rmtree(self.folder)
            self.folder = tempfile.mkdtemp(prefix='keel-', dir='/tmp')
        for name in CONSOLES:
            path = os.path.join(self.folder, name)
            os.mkfifo(path + '.in')
            os.mkfifo(path + '.out')
            self.consoles[name] = os.open(path + '.out', os.O_RDONLY | os.O_NONBLOCK)
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.consoles[name], fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        # Both ends: it opens before QEMU has the other one, and a key for a QEMU that has ended is no error.
        self.keyboard = os.open(os.path.join(self.folder, 'guest.in'), os.O_RDWR | os.O_NONBLOCK)
        with socket.socket(socket.AF_UNIX) as listener, open(os.path.join(self.folder, 'errors'), 'wb') as errors:
            self.errors = open(os.path.join(self.folder, 'errors'), 'rb')
            listener.bind(os.path.join(self.folder, 'qmp'))
            listener.listen(1)
            self.process = subprocess.Popen(command_line(options, bios, igvm, self.folder), stdin=subprocess.DEVNULL,
                                            stdout=errors, stderr=errors, preexec_fn=die_with_parent)
            self.qmp = self.accept(listener)
        self.greet()
        shutil.rmtree(self.folder)

    def accept(self, listener):
        """QEMU's connection to LISTENER, or a Failure that says why there is none."""
        listener.settimeout(0.1)
        deadline = time.monotonic() + CONNECT_SECONDS
        while True:
            # Looked at before the wait: whoever connects and ends at once has still connected.
            has_ended = self.process.poll() is not None
            try:
                return listener.accept()[0]
            except TimeoutError:
                pass
            if has_ended:
                raise Failure(f'QEMU did not start ({self.ending()})')
            if time.monotonic() > deadline:
                raise Failure(f'QEMU did not connect within {CONNECT_SECONDS} s: {self.complaint()}')

    def greet(self):
        """QMP takes commands only after this exchange."""
        self.qmp.settimeout(CONNECT_SECONDS)
        greeting = b''
        while b'\n' not in greeting:
            try:
                more = self.qmp.recv(4096)
            except TimeoutError:
                raise Failure('QEMU does not answer on QMP') from None
            if not more:
                raise Failure(f'QEMU did not start ({self.ending()})')
            greeting += more
        self.execute('qmp_capabilities')

    def execute(self, command):
        """Send a QMP command; its answer is of no interest, and a QEMU that has gone is seen elsewhere."""
        with contextlib.suppress(OSError):
            self.qmp.sendall(json.dumps({'execute': command}).encode() + b'\n')

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
        if self.process is not None:
            if self.process.poll() is None and self.qmp is not None:
                self.execute('quit')
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(QUIT_SECONDS)
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
        for pipe in [*self.consoles.values(), self.keyboard]:
            if pipe is not None:
                os.close(pipe)
        for file in (self.qmp, self.errors):
            if file is not None:
                file.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
