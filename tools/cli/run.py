"""tools/keel run: boots an image in the simulator, interactively or as a check."""

import contextlib
import os
import selectors
import shutil
import sys
import time

import build
import certificates
import guest
import report
from common import BUILD, PROGRESS, Usage, note
from console import Expectations, Stream
from qemu import BIOS, Machine
from terminal import Terminal

QEMU = 'qemu-system-x86_64'
LOG_ROOT = os.path.join(BUILD, 'log')
KEPT_RUNS = 10
CHECK_SECONDS = 300
STATS_SECONDS = 20
TAIL_LINES = 12
TICK_SECONDS = 0.2
READ_BYTES = 65536
TERMINATED = 'sim: terminated: '
STATS = 'sim: stats '


def check_usage(options):
    """Refuse what cannot work, before anything is started."""
    for name in ('initrd', 'append'):
        if getattr(options, name) is not None and options.kernel is None:
            raise Usage(f'--{name} needs --kernel')
    if options.igvm and options.firmware:
        raise Usage('--firmware is part of the image: give it without --igvm')
    if options.igvm and options.vtpm != 'libtpms':
        raise Usage('--vtpm is part of the image: give it without --igvm')
    for name in ('log', 'json'):
        path = getattr(options, name)
        if path is not None and not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise Usage(f'--{name}: there is no folder for {path}')
        if path is not None and os.path.isdir(path):
            raise Usage(f'--{name}: {path} is a folder')
    if options.certs is not None:
        certificates.check_usage(options.certs)
    if options.qemu is not None and shutil.which(options.qemu) is None:
        raise Usage(f'--qemu: there is no program {options.qemu}')


def is_over(name):
    """Whether the run with the log folder NAME has ended; the name ends with its process."""
    return not os.path.exists('/proc/' + name.rsplit('-', 1)[-1])


def new_log_folder():
    """A folder for this run's logs; the oldest ones of earlier runs go."""
    os.makedirs(LOG_ROOT, exist_ok=True)
    for name in list(filter(is_over, sorted(os.listdir(LOG_ROOT))))[:-KEPT_RUNS + 1]:
        shutil.rmtree(os.path.join(LOG_ROOT, name), ignore_errors=True)
    folder = os.path.join(LOG_ROOT, time.strftime('%Y%m%d-%H%M%S') + f'-{os.getpid()}')
    os.makedirs(folder)
    return folder


class Session:
    """One boot from start to end: moves bytes, follows the logs, decides when it is over."""

    def __init__(self, options, igvm, folder, cleanup):
        self.options = options
        self.folder = folder
        self.start = time.monotonic()
        self.booted = None
        self.terminated = None
        self.stats = None
        self.guest_spoke = False
        self.expectations = Expectations(options.expect)
        merged = cleanup.enter_context(open(options.log, 'w', encoding='utf-8')) if options.log else None
        self.streams = {}
        for name in ('guest', 'svsm', 'sim'):
            self.streams[name] = Stream(name, os.path.join(folder, name + '.log'), merged, self.elapsed)
            cleanup.callback(self.streams[name].close)
        PROGRESS.step('booting')
        self.machine = Machine()
        cleanup.callback(self.machine.stop)
        self.machine.start(options, os.path.join(BUILD, BIOS), igvm)
        self.selector = cleanup.enter_context(selectors.DefaultSelector())
        for name, pipe in self.machine.consoles.items():
            self.selector.register(pipe, selectors.EVENT_READ, name)
        self.selector.register(self.machine.qmp, selectors.EVENT_READ, 'qmp')
        self.terminal = None
        if not options.expect:
            self.terminal = cleanup.enter_context(Terminal(self.machine.keyboard))
            # What cannot be waited for, such as a file, types nothing.
            with contextlib.suppress(OSError):
                self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, 'terminal')

    def elapsed(self):
        """Seconds since this session began."""
        return time.monotonic() - self.start

    def is_running(self):
        """Whether QEMU still runs and the guest has not come to an end."""
        return self.terminated is None and self.machine.process.poll() is None

    def loop(self, until, seconds):
        """Move bytes until UNTIL() holds, everything has ended or SECONDS have passed; says whether it holds."""
        deadline = time.monotonic() + seconds if seconds is not None else None
        while not until():
            if deadline is not None and time.monotonic() >= deadline:
                return False
            for key, _ in self.selector.select(TICK_SECONDS):
                self.receive(key.data, key.fileobj)
            left = {key.data for key in self.selector.get_map().values()} - {'terminal', 'qmp'}
            if not left:
                return until()
        return True

    def receive(self, name, channel):
        """Handle what one source has to say."""
        if name == 'terminal':
            if not self.terminal.forward():
                self.selector.unregister(channel)
            return
        try:
            data = os.read(self.selector.get_key(channel).fd, READ_BYTES)
        except OSError:
            data = b''
        if not data:
            self.selector.unregister(channel)
        elif name != 'qmp':
            self.take(name, data)

    def take(self, name, data):
        """Handle bytes from one of the three logs."""
        text, lines = self.streams[name].feed(data)
        if name == 'guest':
            self.take_console(data, text)
            return
        for line in lines:
            if name == 'sim' and line.startswith(TERMINATED):
                self.terminated = line[len(TERMINATED):].strip()
            elif name == 'sim' and line.startswith(certificates.TOLD) and self.options.certs:
                certificates.write(self.options.certs, line)
            elif name == 'sim' and line.startswith(STATS):
                self.stats = report.read_stats(line[len(STATS):])
            elif PROGRESS.is_tty and not self.guest_spoke and not self.options.expect and line.startswith('keel: '):
                PROGRESS.step('booting: ' + line[len('keel: '):].strip()[:80])

    def take_console(self, data, text):
        """Handle bytes from the guest's console."""
        if not self.guest_spoke and text.strip():
            self.guest_spoke = True
            PROGRESS.clear()
            if not self.options.expect:
                self.booted = self.elapsed()
        if self.terminal is not None:
            self.terminal.show(data)
        elif self.booted is None and self.expectations.feed(text):
            self.booted = self.elapsed()

    def ask_stats(self):
        """Have a machine that still runs say its numbers."""
        if self.is_running():
            self.stats = None
            self.machine.execute('inject-nmi')
            self.loop(lambda: self.stats is not None or self.terminated is not None, STATS_SECONDS)
        if self.terminated is not None:
            # The last numbers follow the reason; QEMU then ends by itself.
            self.loop(lambda: False, STATS_SECONDS)

    def check(self):
        """Run as a check: None when all was seen, else what happened instead."""
        seconds = self.options.timeout if self.options.timeout is not None else CHECK_SECONDS
        if self.loop(lambda: self.booted is not None or self.terminated is not None, seconds):
            if self.booted is not None:
                return None
            # What the guest said before it ended may still be on its way.
            self.loop(lambda: self.booted is not None, STATS_SECONDS)
            return None if self.booted is not None else f'the guest terminated: {self.terminated}'
        if self.elapsed() >= seconds and self.is_running():
            return f'time is up after {seconds:g} s'
        return f'QEMU ended ({self.machine.ending()})'

    def interact(self):
        """Run for a user: None when all went well, else what happened."""
        seconds = self.options.timeout
        self.loop(lambda: self.terminal.has_quit, seconds)
        is_time_up = seconds is not None and self.elapsed() >= seconds and self.is_running()
        self.terminal.restore()
        if is_time_up:
            note(f'time is up after {seconds:g} s')
        if is_time_up or self.terminal.has_quit:
            return None
        if self.terminated is None:
            return f'QEMU ended ({self.machine.ending()})'
        note(f'the guest ended: {self.terminated}')
        return None if self.terminated in report.ORDINARY_ENDS else self.terminated

    def show_tails(self):
        """After a failure: where the logs are, and how they end."""
        for stream in self.streams.values():
            stream.file.flush()
            with open(stream.path, encoding='utf-8', errors='replace') as file:
                lines = [line for line in file.read().splitlines() if line.strip()]
            print(f'--- {os.path.relpath(stream.path)}', file=sys.stderr)
            for line in lines[-TAIL_LINES:]:
                print('    ' + line[:200], file=sys.stderr)


def prepare(options):
    """Set up and build; returns the image to boot."""
    build.prepare(BUILD)
    build.part(BIOS)
    options.qemu = options.qemu or QEMU
    if options.kernel is None and not options.disk:
        options.disk = [guest.boot_disk()]
    if options.igvm:
        return options.igvm
    return build.image(options.firmware, options.guest_vmpl or 2, 'la57' in options.cpu_feature, options.vtpm)


def run(options):
    """The whole command; its exit status is for scripts."""
    check_usage(options)
    igvm = prepare(options)
    image = report.describe(igvm)
    if options.guest_vmpl not in (None, image.get('guest_vmpl')):
        raise Usage(f'--guest-vmpl {options.guest_vmpl}: {options.igvm} is made for VMPL {image.get("guest_vmpl")}')
    return boot(options, igvm, image)


def boot(options, igvm, image):
    """Boot IGVM and report."""
    folder = new_log_folder()
    if not options.expect:
        note(f'logs of the SVSM and the simulator: {os.path.relpath(folder)}/svsm.log and sim.log; Ctrl-a x quits')
    keep = True
    try:
        with contextlib.ExitStack() as cleanup:
            session = Session(options, igvm, folder, cleanup)
            wrong = session.check() if options.expect else session.interact()
            if options.json:
                session.ask_stats()
                report.write(options.json, image, session)
            PROGRESS.clear()
            if wrong and options.expect:
                note(f'not seen on the guest\'s console: {session.expectations.missing()}: {wrong}')
            elif wrong:
                note(wrong)
            if wrong:
                session.show_tails()
            keep = bool(wrong) or not options.expect
            if not keep:
                note(f'seen after {session.booted:.1f} s: ' + ', '.join(e.pattern for e in options.expect))
            return 1 if wrong else 0
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
