"""Files of other Debian releases, by package name: downloaded, checked, cached, never installed.

A private apt configuration per suite takes the mirror's address from the machine's own sources (apt itself reads
them, in whichever form they are) and its keys from the machine's keyring, so apt's signatures cover every file. On
top of that stands the pin: name, version and sha256 in pins.txt. When a pinned version has left the mirror, the
suite's current one is taken, loudly, because the launch measurement changes with it.
"""

import collections
import glob
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

from common import Failure, PROGRESS, ROOT, alone_in, cache_dir, note, quiet, sha256_file

PINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pins.txt')
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
DOWNLOADER = '/usr/lib/apt/apt-helper'

# The private configurations whose lists this run has read.
lists_read = set()

Pin = collections.namedtuple('Pin', 'name kind suite package version file sha256')


def read_pins(path=PINS):
    """The table of pins, by name."""
    pins = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            words = line.split('#', 1)[0].split()
            if words:
                pin = Pin(*words)
                pins[pin.name] = pin
    return pins


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


def substitute_path(pin):
    """Where it is remembered what was taken instead of a pin that is gone."""
    return os.path.join(cache_dir(), f'{pin.name}.substitute')


def read_substitute(pin):
    """The pin that stands in for PIN on this machine, if its file is at hand."""
    try:
        with open(substitute_path(pin), encoding='utf-8') as file:
            kept = json.load(file)
        other = pin._replace(**{key: kept[key] for key in ('package', 'version', 'file', 'sha256')})
    except (OSError, ValueError, KeyError):
        return None
    # A pin that has moved on since makes the old stand-in void.
    return other if kept.get('for') == pin.sha256 else None


def warn_substitute(pin, other):
    """Say it loudly: results with another firmware are not comparable."""
    note(f'WARNING: {pin.package} {pin.version} is gone from {pin.suite}; {other.version} is used instead. '
         'Launch digests and measurements differ from the pinned ones.')


def cached_file(pin):
    """Where PIN's file is in the cache, if it is there and its bits are right."""
    path = os.path.join(cache_dir(), 'files', pin.file)
    return path if os.path.isfile(path) and sha256_file(path) == pin.sha256 else None


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


def alone():
    """One at a time: the cache may be that of several clones, and of boots at once in one."""
    return alone_in(cache_dir(), 'downloading')


def get(name):
    """The file pinned under NAME: (the pin that holds, its path in the cache)."""
    pin = read_pins()[name]
    path = cached_file(pin)
    if path is not None:
        return pin, path
    with alone():
        return get_other(pin)


def get_other(pin):
    """The same for a PIN whose file was not there: brought by another one meanwhile, a stand-in, or downloaded."""
    path, other = cached_file(pin), pin
    if path is None:
        other = read_substitute(pin)
        path = cached_file(other) if other is not None else None
    if path is None:
        other, path = download(pin)
    if other.sha256 != pin.sha256:
        kept = {'for': pin.sha256, **{key: getattr(other, key) for key in ('package', 'version', 'file', 'sha256')}}
        with open(substitute_path(pin), 'w', encoding='utf-8') as file:
            json.dump(kept, file)
        warn_substitute(pin, other)
    return other, path


def into_place(folder, fill):
    """Make FOLDER by FILL(a temporary folder beside it), all of it or nothing."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    work = tempfile.mkdtemp(prefix='.unpack-', dir=os.path.dirname(folder))
    try:
        fill(work)
        os.chmod(work, 0o755)
        if os.path.isdir(folder):
            shutil.rmtree(folder)
        os.rename(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def unpacked(name, fill):
    """The folder NAME in the cache, made by FILL(a temporary folder) when it is not there."""
    folder = os.path.join(cache_dir(), 'unpacked', name)
    if not os.path.isdir(folder):
        with alone():
            if not os.path.isdir(folder):
                into_place(folder, fill)
    return folder


def unpacked_deb(name):
    """The folder with the files of the Debian package pinned under NAME."""
    pin, path = get(name)
    return unpacked(f'{pin.name}-{pin.sha256[:16]}',
                    lambda work: quiet(f'unpacking {pin.file}', ['dpkg', '-x', path, work]))


def unpack_source(name, folder, keep):
    """Unpack the tarball pinned under NAME to FOLDER, only its top-level entries named in KEEP; once per pin."""
    pin, path = get(name)
    stamp = os.path.join(folder, '.keel-pin')
    try:
        with open(stamp, encoding='utf-8') as file:
            if file.read() == pin.sha256:
                return
    except OSError:
        pass

    def fill(work):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                parts = member.name.split('/')
                if len(parts) < 2 or parts[1] not in keep or '..' in parts or not (member.isfile() or member.isdir()):
                    continue
                member.name = '/'.join(parts[1:])
                archive.extract(member, work, set_attrs=False)
        with open(os.path.join(work, '.keel-pin'), 'w', encoding='utf-8') as file:
            file.write(pin.sha256)

    PROGRESS.step(f'unpacking {pin.file}')
    into_place(folder, fill)


def inside(name, pattern):
    """The one file of the package pinned under NAME whose path matches PATTERN (as glob does)."""
    folder = unpacked_deb(name)
    found = glob.glob(os.path.join(folder, pattern))
    if len(found) != 1 or not os.path.exists(found[0]):
        raise Failure(f'the package pinned as {name} has no {pattern} where it is looked for: {folder}')
    return found[0]


def firmware(name='ovmf'):
    """Debian's OVMF for the guest: of the release this project stands on, or the one pinned under NAME."""
    return inside(name, 'usr/share/ovmf/OVMF.fd')


def copy_libraries(name):
    """The headers and static libraries of the package pinned under NAME, in subprojects/NAME; once per pin.

    Copies have the time of the copy, so that a build notices another pin.
    """
    pin, _ = get(name)
    folder = os.path.join(ROOT, 'subprojects', name)
    stamp = os.path.join(folder, '.keel-pin')
    try:
        with open(stamp, encoding='utf-8') as file:
            if file.read() == pin.sha256:
                return
    except OSError:
        pass

    def fill(work):
        for part in ('include', 'lib'):
            shutil.copytree(os.path.join(unpacked_deb(name), 'usr', part), os.path.join(work, part),
                            copy_function=shutil.copyfile, ignore=shutil.ignore_patterns('*.so', '*.so.*', 'pkgconfig'))
        with open(os.path.join(work, '.keel-pin'), 'w', encoding='utf-8') as file:
            file.write(pin.sha256)

    into_place(folder, fill)


def sources():
    """Everything the build needs that is not in the repository."""
    unpack_source('mbedtls', os.path.join(ROOT, 'subprojects', 'mbedtls-3.6'), {'LICENSE', 'include', 'library'})
    unpack_source('libcbor', os.path.join(ROOT, 'subprojects', 'libcbor'), {'LICENSE.md', 'src'})
    for name in ('libtpms-dev', 'libssl-dev', 'musl-dev'):
        copy_libraries(name)
