"""The command itself against a QEMU that plays scenes: usage, expectations, endings, numbers, nothing left behind."""

import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
KEEL = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tools', 'keel')
FAKE = os.path.join(HERE, 'fake_qemu.py')
# More than Linux lets a process have.
NO_PROCESS = 1 << 23
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tools', 'cli'))
sys.path.insert(0, HERE)

import console  # noqa: E402
import counted  # noqa: E402


def is_running(pid):
    """Whether the process still does anything; one that waits for a lazy init to be reaped does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


class Case(unittest.TestCase):
    """A folder for one test, and the command in it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='cli-test-')
        self.addCleanup(shutil.rmtree, self.folder)
        self.igvm = self.path('keel.igvm')
        with open(self.igvm, 'wb') as file:
            file.write(b'an image')

    def path(self, name):
        """A file of this test."""
        return os.path.join(self.folder, name)

    def environment(self, scene, **more):
        """The environment that makes the fake QEMU play SCENE; every temporary file lands where it can be seen."""
        os.makedirs(self.path('tmp'), exist_ok=True)
        return dict(os.environ, KEEL_FAKE_SCENE=json.dumps(scene), KEEL_FAKE_PID=self.path('pid'),
                    KEEL_FAKE_STARTED=self.path('started'), KEEL_FAKE_LOGS=self.path('log'),
                    TMPDIR=self.path('tmp'), KEEL_QEMU_ARGS='', **more)

    def command(self, *words):
        """The command's words."""
        return [sys.executable, '-B', os.path.join(HERE, 'keel_fake.py'), 'run', '--qemu', FAKE, '--igvm', self.igvm,
                *words]

    def keel(self, scene, *words, **more):
        """Run to the end; afterwards no QEMU and no temporary file may be left."""
        done = subprocess.run(self.command(*words), env=self.environment(scene, **more), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.nothing_left()
        return done

    def qemu_pid(self):
        """The process id of the fake QEMU."""
        with open(self.path('pid'), encoding='utf-8') as file:
            return int(file.readline())

    def nothing_left(self):
        """Neither a process nor a temporary file."""
        if os.path.exists(self.path('pid')):
            self.assertFalse(is_running(self.qemu_pid()), 'QEMU was left behind')
        self.assertEqual(os.listdir(self.path('tmp')), [])


class Usage(Case):
    """Exit 2, and nothing started."""

    def refused(self, *words):
        """WORDS are refused with a message; returns it."""
        done = self.keel([], *words)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse(os.path.exists(self.path('started')))
        return done.stderr

    def test_missing_file(self):
        """Every option that names a file to read."""
        for option in ('--firmware', '--kernel', '--initrd', '--disk', '--igvm'):
            self.assertIn('there is no file', self.refused(option, self.path('none')))

    def test_impossible_value(self):
        """Values that no machine can have."""
        for option, value in (('--memory', '0'), ('--memory', '17'), ('--memory', '2X'), ('--memory', '4T'),
                              ('--memory', '524289K'), ('--smp', '0'), ('--smp', '256'), ('--smp', 'two'),
                              ('--guest-vmpl', '0'), ('--guest-vmpl', '4'), ('--c-bit', '48'), ('--timeout', '0'),
                              ('--timeout', 'soon'), ('--cpu-feature', 'la58'), ('--expect', '(')):
            with self.subTest(option=option, value=value):
                self.refused(option, value, '--expect', 'x')

    def test_combinations(self):
        """Options that make no sense together."""
        self.assertIn('needs --kernel', self.refused('--append', 'quiet'))
        self.assertIn('needs --kernel', self.refused('--initrd', self.igvm))
        self.assertIn('without --igvm', self.refused('--firmware', self.igvm))

    def test_no_qemu(self):
        """A QEMU that is not there."""
        self.assertIn('there is no program', self.refused('--qemu', self.path('qemu')))

    def test_no_folder(self):
        """A report or log that could not be written at the end."""
        for option in ('--json', '--log'):
            self.assertIn('no folder', self.refused(option, self.path('none/out')))

    def test_certs_in_the_way(self):
        """A folder for certificates that cannot be."""
        self.assertIn('no folder', self.refused('--certs', self.path('none/certs')))
        self.assertIn('is no folder', self.refused('--certs', self.igvm))

    def test_log_in_the_way(self):
        """What cannot be written is a failure, not a traceback."""
        done = self.keel([['guest', 'x']], '--expect', 'x', '--log', '/proc/version')
        self.assertEqual(done.returncode, 1)
        self.assertNotIn('Traceback', done.stderr)

    def test_wrong_vmpl_for_image(self):
        """The image decides the guest's VMPL; another one asked for is a mistake."""
        done = self.keel([], '--guest-vmpl', '3', '--expect', 'x')
        self.assertEqual(done.returncode, 2)
        self.assertIn('made for VMPL 2', done.stderr)

    def test_first_word(self):
        """The shell part refuses unknown commands by itself."""
        for words in ([], ['boot'], ['--version'], ['']):
            done = subprocess.run([KEEL, *words], stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b'usage:', done.stderr)

    def test_help(self):
        """Help for the command and for each part of it."""
        for words in (['--help'], ['run', '--help'], ['test', '--help'], ['build', '--help'], ['measure', '--help'],
                      ['attest', '--help'], ['attest', 'verify', '--help'], ['new-service', '--help'],
                      ['call', '--help'], ['setup', '--help']):
            done = subprocess.run([KEEL, *words], stdout=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertIn('usage:', done.stdout)


class Expect(Case):
    """A check's exit status says what the guest's console said."""

    def test_all_seen(self):
        """Exit 0 as soon as the last one appeared; QEMU is ended."""
        done = self.keel([['guest', 'one two']], '--expect', 'one', '--expect', 't.o')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.path('log')), [])

    def test_order_matters(self):
        """The second must follow the first."""
        done = self.keel([['guest', 'two one\n'], ['exit', 0]], '--expect', 'one', '--expect', 'two')
        self.assertEqual(done.returncode, 1)
        self.assertIn("'two' (expression 2 of 2): QEMU ended (exit 0)", done.stderr)

    def test_time_is_up(self):
        """What never comes is waited for as long as was said."""
        done = self.keel([], '--expect', 'magic', '--timeout', '1')
        self.assertEqual(done.returncode, 1)
        self.assertIn("'magic': time is up after 1 s", done.stderr)

    def test_cut_and_coloured(self):
        """Escape sequences are taken out, also when they and the text come in pieces."""
        scene = [['guest', 'UEFI \x1b['], ['sleep', 0.1], ['guest', '1;33mInter'], ['sleep', 0.1],
                 ['guest', 'active\x1b[0m\x1b[2J Sh'], ['sleep', 0.1], ['guest', 'ell\r\nnext']]
        done = self.keel(scene, '--expect', '^UEFI Interactive Shell\nnext')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nothing_lost(self):
        """Single bytes faster than anyone reads them all arrive."""
        done = self.keel([['guest', 'a'], ['flood', 100000], ['guest', 'b']], '--expect', r'a\.{100000}b')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_other_logs_do_not_count(self):
        """Only the guest's console is looked at."""
        done = self.keel([['svsm', 'magic\n'], ['sim', 'magic\n'], ['exit', 0]], '--expect', 'magic')
        self.assertEqual(done.returncode, 1)

    def test_failure_shows_logs(self):
        """One line says what was missing; then the logs, which stay."""
        done = self.keel([['svsm', 'keel: step 3 failed\n'], ['exit', 1]], '--expect', 'magic')
        lines = [line for line in done.stderr.splitlines() if line.startswith('keel: not seen')]
        self.assertEqual(len(lines), 1)
        self.assertIn('    keel: step 3 failed', done.stderr)
        kept = os.path.join(self.path('log'), os.listdir(self.path('log'))[0])
        self.assertEqual(sorted(os.listdir(kept)), ['guest.log', 'sim.log', 'svsm.log'])

    def test_qemu_exits(self):
        """Its status is part of the message."""
        done = self.keel([['guest', 'hello'], ['sleep', 0.2], ['exit', 3]], '--expect', 'magic')
        self.assertEqual(done.returncode, 1)
        self.assertIn('QEMU ended (exit 3', done.stderr)

    def test_qemu_killed(self):
        """So is its signal."""
        done = self.keel([['sleep', 0.2], ['kill', 0]], '--expect', 'magic')
        self.assertEqual(done.returncode, 1)
        self.assertIn('QEMU ended (SIGKILL', done.stderr)

    def test_qemu_refuses(self):
        """What QEMU says about its command line is what the user gets to read."""
        done = self.keel([['refuse', 'no such machine']], '--expect', 'magic')
        self.assertEqual(done.returncode, 1)
        self.assertIn('QEMU did not start (exit 1: no such machine)', done.stderr)

    def test_guest_terminates(self):
        """The reason is the simulator's."""
        scene = [['sim', 'sim: terminated: general termination (0:1)\n'], ['stats', 0], ['exit', 0]]
        done = self.keel(scene, '--expect', 'magic')
        self.assertEqual(done.returncode, 1)
        self.assertIn('the guest terminated: general termination (0:1)', done.stderr)

    def test_over_before_greeting(self):
        """However short the run was: what it said is told, not that it could not be talked to."""
        scene = [['over', 0], ['sim', 'sim: terminated: general termination (0:1)\n'], ['guest', 'magic'], ['exit', 0]]
        self.assertEqual(self.keel(scene, '--expect', 'magic').returncode, 0)
        done = self.keel(scene, '--expect', 'other')
        self.assertEqual(done.returncode, 1)
        self.assertIn('the guest terminated: general termination (0:1)', done.stderr)

    def test_last_words_count(self):
        """What the guest said right before its end was seen, whichever log is read first."""
        scene = [['sim', 'sim: terminated: guest power-off\n'], ['sleep', 0.3], ['guest', 'magic'], ['exit', 0]]
        self.assertEqual(self.keel(scene, '--expect', 'magic').returncode, 0)


class Certificates(Case):
    """--certs."""

    def test_written(self):
        """Each as PEM and as DER, in a folder that is made."""
        scene = [['sim', 'sim: certificate ark 3003020101\nsim: certificate vcek 3003020102\n'], ['sleep', 0.2],
                 ['guest', 'x']]
        done = self.keel(scene, '--expect', 'x', '--certs', self.path('certs'))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(self.path('certs'))), ['ark.der', 'ark.pem', 'vcek.der', 'vcek.pem'])
        with open(self.path('certs/vcek.der'), 'rb') as file:
            self.assertEqual(file.read(), bytes.fromhex('3003020102'))
        with open(self.path('certs/ark.pem'), encoding='ascii') as file:
            self.assertEqual(file.read(), '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n')

    def test_not_asked(self):
        """Nothing is written that nobody asked for."""
        self.keel([['sim', 'sim: certificate ark 30\n'], ['guest', 'x']], '--expect', 'x')
        self.assertFalse(os.path.exists(self.path('certs')))

    def test_nonsense(self):
        """A log that tells something else is a failure with a reason, whatever the name would have been."""
        for told in ('ark 3x', 'ark', '../ark 3003020101'):
            done = self.keel([['sim', f'sim: certificate {told}\n'], ['sleep', 1], ['guest', 'x']], '--expect', 'x',
                             '--certs', self.path('certs'))
            self.assertEqual(done.returncode, 1)
            self.assertIn('a certificate that is none', done.stderr)


class Report(Case):
    """--json and --log."""

    KEYS = {'igvm_sha256', 'launch_digest', 'guest_vmpl', 'smp', 'calls', 'results', 'exits', 'vmpl_switches',
            'boot_seconds', 'svsm_memory_bytes', 'svsm_image_bytes', 'terminated', 'pages_validated',
            'longest_stay_instructions', 'guest_requests'}

    def json(self):
        """The report."""
        with open(self.path('out.json'), encoding='utf-8') as file:
            return json.load(file)

    def test_of_success(self):
        """A run that goes on is asked for its numbers."""
        done = self.keel([['guest', 'magic']], '--expect', 'magic', '--json', self.path('out.json'))
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.json()
        self.assertEqual(set(out), self.KEYS)
        self.assertEqual((out['calls'], out['terminated'], out['svsm_memory_bytes']), ({'0.1': 30}, None, 8 << 20))
        self.assertEqual(out['launch_digest'], 'ab' * 48)
        self.assertEqual(out['igvm_sha256'], hashlib.sha256(b'an image').hexdigest())
        self.assertGreater(out['boot_seconds'], 0)

    def test_of_termination(self):
        """A run that ended has said its numbers already."""
        scene = [['sim', 'sim: terminated: guest power-off\n'], ['sleep', 0.3], ['stats', 0], ['exit', 0]]
        done = self.keel(scene, '--expect', 'magic', '--json', self.path('out.json'))
        self.assertEqual(done.returncode, 1)
        self.assertEqual((self.json()['terminated'], self.json()['vmpl_switches']), ('guest power-off', 60))
        self.assertIsNone(self.json()['boot_seconds'])

    def test_of_dead_qemu(self):
        """What nobody knows is null; the shape stays."""
        self.keel([['sleep', 0.3], ['exit', 1]], '--expect', 'magic', '--json', self.path('out.json'))
        self.assertEqual(set(self.json()), self.KEYS)
        self.assertIsNone(self.json()['calls'])

    def test_log(self):
        """One file, each line with the time and where it comes from."""
        scene = [['svsm', 'keel: up\n'], ['guest', 'a\nlast']]
        self.keel(scene, '--expect', 'last', '--log', self.path('log.txt'))
        with open(self.path('log.txt'), encoding='utf-8') as file:
            lines = [line.split(' ', 1)[1] if line[0] != ' ' else line.split(None, 1)[1] for line in file]
        # Two sources that speak at once may be read in either order.
        self.assertIn('svsm | keel: up\n', lines)
        lines.remove('svsm | keel: up\n')
        self.assertEqual(lines, ['guest| a\n', 'guest| last\n'])

    def test_command_line(self):
        """What QEMU is started with."""
        disk = self.path('a,b.img')
        shutil.copy(self.igvm, disk)
        self.keel([['guest', 'x']], '--expect', 'x', '--disk', disk, '--kernel', self.igvm, '--append', 'a "b" c',
                  '--smp', '2', '--parallel', '--memory', '1G', '--c-bit', '47')
        with open(self.path('pid'), encoding='utf-8') as file:
            words = file.read().split('\n')
        for wanted in ('1024M', '2', 'tcg,thread=multi', 'EPYC-Milan,phys-bits=48', 'a "b" c', self.igvm,
                       'name=opt/keel/sim,string=c_bit=47 la57=0', f'name=opt/keel/igvm,file={self.igvm}',
                       f'file={self.folder}/a,,b.img,format=raw,if=none,id=disk0,snapshot=on'):
            self.assertIn(wanted, words)

    def test_defaults(self):
        """Two CPUs, 2 GiB, the C-bit of today's processors."""
        self.keel([['guest', 'x']], '--expect', 'x')
        with open(self.path('pid'), encoding='utf-8') as file:
            words = file.read().split('\n')
        for option, value in (('-smp', '2'), ('-m', '2048M'), ('-accel', 'tcg,thread=single')):
            self.assertEqual(words[words.index(option) + 1], value)
        self.assertIn('name=opt/keel/sim,string=c_bit=51 la57=0', words)

    def test_deterministic(self):
        """One thread and a clock that counts instructions, and the simulator knows."""
        self.keel([['guest', 'x']], '--expect', 'x', '--deterministic', '--trace-calls', '--smp', '2')
        with open(self.path('pid'), encoding='utf-8') as file:
            words = file.read().split('\n')
        for wanted in ('tcg,thread=single', 'shift=0,sleep=off',
                       'name=opt/keel/sim,string=c_bit=51 la57=0 icount=1 trace_calls=1'):
            self.assertIn(wanted, words)


class Endings(Case):
    """However it ends, nothing is left."""

    def start(self, *words):
        """Start a scene that never ends, and wait until QEMU runs."""
        process = subprocess.Popen(self.command(*words), env=self.environment([['guest', 'hello\n']]),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        # The folder of the pipes goes when QEMU has opened them all.
        self.wait_until(lambda: os.path.exists(self.path('pid')) and not os.listdir(self.path('tmp')))
        return process

    def wait_until(self, holds):
        """Wait for what is bound to come."""
        deadline = time.monotonic() + 20
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_signals(self):
        """The exit status is the shell's for that signal."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number=number):
                process = self.start('--expect', 'magic')
                process.send_signal(number)
                self.assertEqual(process.wait(20), 128 + number)
                self.nothing_left()
                os.unlink(self.path('pid'))

    def test_killed(self):
        """Even SIGKILL takes QEMU along."""
        process = self.start('--expect', 'magic')
        process.kill()
        process.wait(20)
        self.wait_until(lambda: not is_running(self.qemu_pid()))
        self.nothing_left()

    def test_old_logs_go(self):
        """The logs of failed runs do not pile up; those of a run that goes on stay."""
        running = f'20000101-000000-{os.getpid()}'
        for name in (running, *(f'20000101-0000{number:02}-{NO_PROCESS}' for number in range(15))):
            os.makedirs(os.path.join(self.path('log'), name))
        self.keel([['exit', 1]], '--expect', 'magic')
        left = os.listdir(self.path('log'))
        self.assertIn(running, left)
        self.assertEqual(len(left), 11)


class Interactive(Case):
    """Without --expect the terminal is the guest's console."""

    def test_terminal(self):
        """Keys reach the guest, its output is shown as it is, Ctrl-a x quits with 0."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        scene = [['svsm', 'keel: boot\n'], ['guest', '\x1b[1mready'], ['echo', 0]]
        process = subprocess.Popen(self.command(), env=self.environment(scene), stdin=slave, stdout=slave,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        os.close(slave)
        seen = self.read_until(master, b'ready')
        self.assertIn(b'\x1b[1mready', seen)
        self.assertNotIn(b'keel: boot', seen)
        os.write(master, b'\x03ls')
        self.assertIn(b'got \x03', self.read_until(master, b'got '))
        os.write(master, b'\x01x')
        self.assertEqual(process.wait(20), 0)
        self.assertIn(b'svsm.log', process.stderr.read())
        process.stderr.close()
        self.nothing_left()

    def read_until(self, master, wanted):
        """What the terminal shows, up to WANTED."""
        seen = b''
        while wanted not in seen:
            seen += os.read(master, 1000)
        return seen

    def test_timeout(self):
        """Ends when told to, which is no failure; the numbers are asked for."""
        done = self.keel([['guest', 'x']], '--timeout', '1', '--json', self.path('out.json'))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path('out.json'), encoding='utf-8') as file:
            self.assertEqual(json.load(file)['vmpl_switches'], 60)

    def test_guest_panics(self):
        """An end that is no ordinary one is exit 1, with the logs."""
        scene = [['guest', 'x'], ['sim', 'sim: terminated: SVSM panic\n'], ['stats', 0], ['sleep', 0.2], ['exit', 0]]
        done = self.keel(scene)
        self.assertEqual(done.returncode, 1)
        self.assertIn('SVSM panic', done.stderr)
        self.assertEqual(done.stdout, 'x')

    def test_qemu_dies(self):
        """Then it says how."""
        done = self.keel([['guest', 'x'], ['sleep', 0.2], ['kill', 0]])
        self.assertEqual(done.returncode, 1)
        self.assertIn('QEMU ended (SIGKILL', done.stderr)

    def test_guest_shuts_down(self):
        """An ordinary one is exit 0."""
        scene = [['sim', 'sim: terminated: guest power-off\n'], ['sleep', 0.2], ['exit', 0]]
        self.assertEqual(self.keel(scene).returncode, 0)


class Text(unittest.TestCase):
    """Escape sequences, wherever they are cut."""

    def test_every_cut(self):
        """The same plain text for every way to cut the bytes in two."""
        data = 'a\x1b[2J\x1b[01;01Hb\x1b]0;title\x07c\x1b(Bd\r\n\x1b=e\u00e9'.encode()
        for cut in range(len(data) + 1):
            plain = console.PlainText()
            self.assertEqual(plain.feed(data[:cut]) + plain.feed(data[cut:]), 'abcd\ne\u00e9', cut)


if __name__ == '__main__':
    counted.main()
