"""Debian's archive as apt sees it: files of any release by package name, downloaded and checked, never installed.

A private apt configuration per suite takes the mirror's address from the machine's own sources (apt itself reads
them, in whichever form they are) and its keys from the machine's keyring, so apt's signatures cover every file.
"""

import collections
import os
import re
import subprocess

from common import Failure, PROGRESS, cache_dir, quiet, sha256_file

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
DOWNLOADER = '/usr/lib/apt/apt-helper'

# The private configurations whose lists this run has read.
lists_read = set()

Pin = collections.namedtuple('Pin', 'name kind suite package version file sha256')


def codename():
    """The release this machine runs."""
    with open('/etc/os-release', encoding='utf-8') as file:
        found = re.search(r'^VERSION_CODENAME=(\w+)', file.read(), re.MULTILINE)
    return found.group(1) if found else 'stable'


def mirror():
    """The address this machine takes its own release from, as apt reads it from .list and .sources files."""
    text = quiet('reading the apt sources', ['apt-get', 'indextargets', '--format',
                                             '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'])
    own = codename()
    for release in (own, own + '-updates', 'stable', 'testing', 'unstable'):
        for line in text.splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == release and words[1] == 'main':
                return words[2]
    raise Failure(f'no apt source names {own}/main; add one and start again')


def apt_options(name, *suites):
    """apt-get's options for SUITES alone, with every list and file of theirs under NAME in the cache."""
    base = os.path.join(cache_dir(), 'apt', name)
    for folder in ('lists/partial', 'archives/partial'):
        os.makedirs(os.path.join(base, folder), exist_ok=True)
    sources = os.path.join(base, 'sources.list')
    status = os.path.join(base, 'status')
    keys = f' [signed-by={KEYRING}]' if os.path.exists(KEYRING) else ''
    with open(sources, 'w', encoding='utf-8') as file:
        for suite in suites:
            for kind in ('deb', 'deb-src'):
                file.write(f'{kind}{keys} {mirror()} {suite} main\n')
    with open(status, 'w', encoding='utf-8'):
        pass
    settings = {
        'Dir::Etc::sourcelist': sources, 'Dir::Etc::sourceparts': '-', 'Dir::Etc::preferences': '-',
        'Dir::Etc::preferencesparts': '-', 'Dir::State::Lists': os.path.join(base, 'lists'),
        'Dir::State::status': status, 'Dir::Cache': base, 'APT::Sandbox::User': '', 'Acquire::Languages': 'none',
        'Debug::NoLocking': 'true',
    }
    return [f'-o{key}={value}' for key, value in settings.items()]


def update_lists(options, name):
    """Read the package lists of a private configuration, once in a run."""
    if name in lists_read:
        return
    lists_read.add(name)
    quiet(f'reading the package lists of {name}', ['apt-get', *options, '-qq', 'update'])


def print_uris(options, pin, version):
    """What apt would download for PIN's package in VERSION (None: the current one): (uri, file, sha256) or None."""
    package = pin.package if version is None else f'{pin.package}={version}'
    verb = ['download', package] if pin.kind == 'deb' else ['source', '--download-only', package]
    done = subprocess.run(['apt-get', *options, '-qq', '--print-uris', *verb], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False, cwd=cache_dir())
    if done.returncode != 0:
        return None
    for line in done.stdout.splitlines():
        found = re.match(r"'([^']+)' (\S+) \d+ SHA256:([0-9a-f]{64})$", line.strip())
        if found and (pin.kind == 'deb' or '.orig.tar.' in found.group(2)):
            return found.groups()
    return None


def current_name(options, pin):
    """PIN with the name its package has now: Debian's kernel packages carry their version in the name."""
    pattern = re.sub(r'(\d+\\\.\d+)(\\\.\d+)?\\\+deb\d+', r'\1(\\.\\d+)?\\+deb\\d+', re.escape(pin.package))
    done = subprocess.run(['apt-cache', *options, 'pkgnames', pin.package.split('-')[0] + '-'], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    names = [name for name in done.stdout.split() if re.fullmatch(pattern, name)]
    if not names:
        return pin
    return pin._replace(package=max(names, key=lambda name: [int(digits) for digits in re.findall(r'\d+', name)]))


def download(pin):
    """Bring PIN's file into the cache: (the pin that holds now, its path)."""
    PROGRESS.step(f'downloading {pin.package} {pin.version}')
    options = apt_options(pin.suite, pin.suite)
    update_lists(options, pin.suite)
    found = print_uris(options, pin, pin.version)
    if found is not None and found[2] != pin.sha256:
        raise Failure(f'{pin.package} {pin.version}: the archive offers sha256 {found[2]}, pinned is {pin.sha256}')
    if found is None:
        pin = current_name(options, pin)
        found = print_uris(options, pin, None)
        if found is None:
            raise Failure(f'{pin.package} is neither in version {pin.version} nor in any other in {pin.suite}')
        version = re.sub(r'^[^_]*_|(_[a-z0-9]+\.deb|\.orig\.tar\.\w+)$', '', found[1])
        pin = pin._replace(version=version.replace('%3a', ':'), file=found[1], sha256=found[2])
    folder = os.path.join(cache_dir(), 'files')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, pin.file)
    part = f'{path}.{os.getpid()}'
    try:
        quiet(f'downloading {pin.file}', [DOWNLOADER, '-oAPT::Sandbox::User=', 'download-file', found[0], part,
                                          'SHA256:' + found[2]])
        if sha256_file(part) != pin.sha256:
            raise Failure(f'{pin.file}: the download has a wrong checksum')
        os.replace(part, path)
    finally:
        for rest in (part, part + '.FAILED'):
            if os.path.exists(rest):
                os.unlink(rest)
    return pin, path
