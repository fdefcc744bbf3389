"""Several tools/keel at once that miss the same file: one of them brings it, all have it whole.

Usage: fetch_test.py
"""

import hashlib
import multiprocessing
import os
import tempfile
import time

from checks import Checks

import archive
import fetch

AT_ONCE = 8
# As long as a download that others could begin meanwhile.
DOWNLOAD_SECONDS = 0.2
CONTENT = b'a package\n'


def tell(line):
    """One line in the cache's list of what was done, and the time it takes."""
    with open(os.path.join(os.environ['KEEL_CACHE'], 'done'), 'a', encoding='ascii') as file:
        file.write(line + '\n')
    time.sleep(DOWNLOAD_SECONDS)


def downloads(pin):
    """Stands in for the archive."""
    tell('downloaded')
    path = os.path.join(os.environ['KEEL_CACHE'], 'files', pin.file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(CONTENT)
    return pin, path


def fill(path, folder):
    """Stands in for the unpacking."""
    tell('unpacked')
    os.link(path, os.path.join(folder, 'file'))


def use(start, seen):
    """One of those who want the file."""
    start.wait()
    _, path = fetch.get('package')
    with open(os.path.join(fetch.unpacked('package', lambda folder: fill(path, folder)), 'file'), 'rb') as file:
        seen.put(file.read())


def main():
    """All at once."""
    checks = Checks()
    pin = archive.Pin('package', 'deb', 'trixie', 'package', '1', 'package_1.deb', hashlib.sha256(CONTENT).hexdigest())
    fetch.read_pins = lambda: {'package': pin}
    archive.download = downloads
    fork = multiprocessing.get_context('fork')
    with tempfile.TemporaryDirectory(prefix='keel-fetch-') as cache:
        os.environ['KEEL_CACHE'] = cache
        start, seen = fork.Barrier(AT_ONCE), fork.SimpleQueue()
        users = [fork.Process(target=use, args=(start, seen)) for _ in range(AT_ONCE)]
        for user in users:
            user.start()
        for user in users:
            user.join()
        checks.that('nobody fails', all(user.exitcode == 0 for user in users), [user.exitcode for user in users])
        read = [seen.get() for user in users if user.exitcode == 0]
        checks.that('all have the whole file', read == [CONTENT] * AT_ONCE, read)
        with open(os.path.join(cache, 'done'), encoding='ascii') as file:
            done = file.read().split()
        checks.that('one downloads and unpacks', done == ['downloaded', 'unpacked'], done)
    checks.end()


if __name__ == '__main__':
    main()
