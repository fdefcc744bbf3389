"""tools/keel test: builds with both compilers, runs the test suites, and sums up.

What counts: a meson test that ends its output with a line 'N passed, N failed' counts as these cases, every other one
as a single case. A test that fails while its own line admits no failure counts as one more failed case.
"""

import json
import os
import re
import subprocess
import sys

import at_once
import build
from common import BUILD, BUILD_CLANG, Failure, PROGRESS, ROOT, Usage, note

CASES = re.compile(r'^(\d+) passed, (\d+) failed\s*$', re.MULTILINE)
MESON_SUMMARY = re.compile(r'(Ok|Expected Fail|Fail|Unexpected Pass|Skipped|Timeout): +\d+ *$|Full log written|ninja: ')
GOOD = ('OK', 'EXPECTEDFAIL')
# Whole boots run the image of gcc; doing them again with clang's costs the time budget twice.
GCC_ONLY = ['attest', 'system', 'bench', 'cli', 'linux', 'vtpm', 'lint', 'services']
ON_REQUEST = ['linux-full', 'guest-full', 'qemu-versions']


def count(result, output):
    """One test's (passed, failed)."""
    found = CASES.findall(output)
    if result in GOOD:
        return (int(found[-1][0]), int(found[-1][1])) if found else (1, 0)
    passed, failed = (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)
    return passed, max(failed, 1)


def listed(folder):
    """The tests of FOLDER: a list of (name, suites)."""
    done = subprocess.run(['meson', 'introspect', '--tests', folder], stdout=subprocess.PIPE, text=True, check=True)
    # A suite is written project:suite in some versions of meson.
    return [(test['name'], {suite.split(':')[-1] for suite in test['suite']}) for test in json.loads(done.stdout)]


def choose(folder, wanted):
    """The suite arguments for meson test in FOLDER, or None when nothing is left to run there."""
    skip = set() if wanted else set(ON_REQUEST)
    if folder != BUILD:
        skip |= set(GCC_ONLY) | set(ON_REQUEST)
    chosen = [suites for _, suites in listed(folder) if (not wanted or suites & set(wanted)) and not suites & skip]
    if not chosen:
        return None
    words = []
    for suite in wanted:
        words += ['--suite', suite]
    for suite in sorted(skip):
        words += ['--no-suite', suite]
    return words


def run_suites(folder, words):
    """Run meson test in FOLDER: (passed, failed, lines about what was skipped)."""
    log = os.path.join(folder, 'meson-logs', 'testlog.json')
    if os.path.exists(log):
        os.unlink(log)
    PROGRESS.clear()
    environment = {'MESON_TESTTHREADS': str(at_once.tests()), **os.environ}
    with subprocess.Popen(['meson', 'test', '-C', folder, '--no-rebuild', '--print-errorlogs', *words], cwd=ROOT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors='replace', env=environment) as meson:
        for line in meson.stdout:
            # The summary is this command's own: meson's counts tests, not cases.
            if line.strip() and not MESON_SUMMARY.match(line):
                print(line, end='', flush=True)
    if not os.path.exists(log):
        raise Failure(f'meson test left no log in {folder}')
    passed, failed, skipped = 0, 0, []
    with open(log, encoding='utf-8', errors='replace') as file:
        for line in file:
            test = json.loads(line)
            output = test.get('stdout') or ''
            if test['result'] == 'SKIP':
                last = output.strip().splitlines()[-1:] or ['no reason given']
                skipped.append(f'{test["name"]}: {last[0]}')
                continue
            more = count(test['result'], output)
            passed, failed = passed + more[0], failed + more[1]
    return passed, failed, skipped


def test(options):
    """The whole command; exit status 1 when a test failed."""
    with build.alone():
        build.setup()
        for folder in (BUILD, BUILD_CLANG):
            build.configure(folder)
    known = set().union(*(suites for folder in (BUILD, BUILD_CLANG) for _, suites in listed(folder)))
    for suite in options.suite:
        if suite not in known:
            raise Usage(f'there is no suite {suite}; there are: {" ".join(sorted(known))}')
    with build.alone():
        for folder in (BUILD, BUILD_CLANG):
            build.compile_all(folder)
    passed, failed = 0, 0
    for folder in (BUILD, BUILD_CLANG):
        words = choose(folder, options.suite)
        if words is None:
            continue
        note(f'testing {os.path.basename(folder)} ({build.COMPILERS[folder]})')
        more = run_suites(folder, words)
        passed, failed = passed + more[0], failed + more[1]
        for line in more[2]:
            note('skipped: ' + line)
    if not options.suite:
        note(f'skipped in the clang build: {" ".join(GCC_ONLY)} (they run once, with the image gcc built)')
        for suite in sorted(set(ON_REQUEST) & known):
            note(f'skipped: suite {suite} runs on request (tools/keel test --suite {suite})')
    sys.stderr.flush()
    print(f'{passed} passed, {failed} failed', flush=True)
    # A run that tested nothing has shown nothing.
    return 1 if failed or not passed else 0
