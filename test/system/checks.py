"""Named checks of a whole boot, printed as they are made, with the line that tools/keel test counts."""

import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEEL = os.path.join(ROOT, 'tools', 'keel')
sys.path.insert(0, os.path.join(ROOT, 'tools', 'cli'))
SKIPPED = 77
# The longest stay in VMPL0, in instructions: the budget of a call, 3,000,000 ticks, and the one large page that may
# begin before it is over.
LONGEST_STAY = 3_500_000
# Where entries of the test kernel's table (test/services/service_table.c) have an image that does not lie in services/
# under their name.
TEST_SERVICES = {**{name: 'test/services/faulty.elf' for name in ('faulty', 'fragile')},
                 **{name: 'test/services/hostile.elf' for name in ('hostile', 'intruder', 'glutton')},
                 'echo': 'test/services/echo.elf'}


class Checks:
    """Counts what held and what did not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, name, holds, detail=''):
        """One case."""
        self.passed += bool(holds)
        self.failed += not holds
        print(f'{"ok" if holds else "FAIL"} {name}{"" if holds else f": {detail}"}', flush=True)
        return bool(holds)

    def add(self, passed, failed):
        """Cases that were counted elsewhere."""
        self.passed += passed
        self.failed += failed

    def end(self):
        """Print the line and exit."""
        print(f'{self.passed} passed, {self.failed} failed')
        sys.exit(1 if self.failed or not self.passed else 0)


def skip(reason):
    """Say why nothing was tested, and end."""
    print(reason)
    sys.exit(SKIPPED)


class Boot:
    """One run of tools/keel run as a check: its exit status, messages, report and logs."""

    def __init__(self, *words):
        with tempfile.TemporaryDirectory(prefix='keel-system-') as folder:
            report, log = os.path.join(folder, 'report.json'), os.path.join(folder, 'log.txt')
            done = subprocess.run([KEEL, 'run', '--json', report, '--log', log, *words], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                                  check=False)
            self.status = done.returncode
            self.messages = done.stdout
            self.report = {}
            if os.path.exists(report):
                with open(report, encoding='utf-8') as file:
                    self.report = json.load(file)
            self.lines = []
            if os.path.exists(log):
                with open(log, encoding='utf-8') as file:
                    self.lines = file.read().splitlines()
        print(self.messages, end='', flush=True)

    def log(self, name):
        """The lines of one of the three logs: guest, svsm or sim."""
        found = (re.match(r' *[\d.]+ (\w+) *\| (.*)', line) for line in self.lines)
        return [match.group(2) for match in found if match and match.group(1) == name]
