"""What every part of the command needs: where things are, how to say what goes on, how to run a program.

Two kinds of error leave this command, and scripts rely on them: Usage (exit 2, nothing was started) and
Failure (exit 1, one line that says what, where and what to do).
"""

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'build')
BUILD_CLANG = os.path.join(ROOT, 'build-clang')
TAIL_LINES = 40


class Usage(Exception):
    """Wrong usage: nothing has been started yet."""


class Failure(Exception):
    """Something did not work; the text is the one line a user needs."""


class Stopped(Exception):
    """A signal asked this command to end; args: its number and name."""


@contextlib.contextmanager
def signals_stop():
    """While inside, the signals that end a program raise Stopped, once, so that everything is cleaned up."""
    wanted = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def stop(number, _frame):
        for other in wanted:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number, signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def cache_dir():
    """Downloads live outside tracked files; KEEL_CACHE or XDG_CACHE_HOME share them between clones."""
    if os.environ.get('KEEL_CACHE'):
        path = os.path.abspath(os.environ['KEEL_CACHE'])
    elif os.environ.get('XDG_CACHE_HOME'):
        path = os.path.join(os.path.abspath(os.environ['XDG_CACHE_HOME']), 'keel')
    else:
        path = os.path.join(ROOT, '.cache')
    os.makedirs(path, exist_ok=True)
    return path


def sha256_file(path):
    """The sha256 of a file, as hex."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


class Progress:
    """One line on stderr that says what is being done: rewritten on a terminal, a line per step elsewhere."""

    def __init__(self):
        self.is_tty = sys.stderr.isatty()
        self.shown = ''

    def step(self, text):
        """Replace what the line says."""
        if text == self.shown:
            return
        self.shown = text
        if self.is_tty:
            sys.stderr.write('\r\x1b[Kkeel: ' + text)
        else:
            sys.stderr.write('keel: ' + text + '\n')
        sys.stderr.flush()

    def clear(self):
        """Take the line away, so that ordinary output can follow."""
        if self.is_tty and self.shown:
            sys.stderr.write('\r\x1b[K')
            sys.stderr.flush()
        self.shown = ''


PROGRESS = Progress()


@contextlib.contextmanager
def alone_in(folder, work):
    """While inside, no other tools/keel is inside for FOLDER; WORK is what one does there that is waited for."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            PROGRESS.step(f'waiting for another tools/keel that is {work}')
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def note(text):
    """A line that stays."""
    PROGRESS.clear()
    print('keel: ' + text, file=sys.stderr, flush=True)


def quiet(what, command, **options):
    """Run a program silently; when it fails, show the end of its output and give up with WHAT."""
    options.setdefault('cwd', ROOT)
    started = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, **options)
    except OSError as error:
        raise Failure(f'{what}: cannot start {command[0]}: {error.strerror}') from error
    text = done.stdout.decode('utf-8', 'replace')
    if done.returncode != 0:
        PROGRESS.clear()
        sys.stderr.write(''.join(line + '\n' for line in text.splitlines()[-TAIL_LINES:]))
        seconds = time.monotonic() - started
        raise Failure(f'{what} failed (exit {done.returncode} after {seconds:.0f} s): {" ".join(command)}')
    return text
