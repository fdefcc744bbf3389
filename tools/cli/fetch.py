"""Files of other Debian releases, by package name: downloaded, checked, cached, never installed.

On top of apt's signatures (archive.py) stands the pin: name, version and sha256 in pins.txt. When a pinned version has
left the mirror, the suite's current one is taken, loudly, because the launch measurement changes with it.
"""

import glob
import json
import os
import shutil
import tarfile
import tempfile

import archive
from common import Failure, PROGRESS, ROOT, alone_in, cache_dir, note, quiet, sha256_file

PINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pins.txt')


def read_pins(path=PINS):
    """The table of pins, by name."""
    pins = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            words = line.split('#', 1)[0].split()
            if words:
                pin = archive.Pin(*words)
                pins[pin.name] = pin
    return pins


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


def alone():
    """One at a time: the cache may be that of several clones, and of boots at once in one."""
    folder = os.path.join(cache_dir(), 'files')
    os.makedirs(folder, exist_ok=True)
    return alone_in(folder, 'downloading')


def held(pin):
    """PIN or what stands in for it, with its path in the cache; None when it has to be brought."""
    for one in (pin, read_substitute(pin)):
        path = cached_file(one) if one is not None else None
        if path is not None:
            return one, path
    return None


def bring(pin):
    """Download PIN, and remember what was taken when that is another one."""
    other, path = archive.download(pin)
    if other.sha256 != pin.sha256:
        kept = {'for': pin.sha256, **{key: getattr(other, key) for key in ('package', 'version', 'file', 'sha256')}}
        with open(substitute_path(pin), 'w', encoding='utf-8') as file:
            json.dump(kept, file)
    return other, path


def get(name):
    """The file pinned under NAME: (the pin that holds, its path in the cache)."""
    pin = read_pins()[name]
    found = held(pin)
    if found is None:
        with alone():
            # Another one may have brought it meanwhile.
            found = held(pin) or bring(pin)
    if found[0].sha256 != pin.sha256:
        warn_substitute(pin, found[0])
    return found


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
        with tarfile.open(path) as tarball:
            for member in tarball.getmembers():
                parts = member.name.split('/')
                if len(parts) < 2 or parts[1] not in keep or '..' in parts or not (member.isfile() or member.isdir()):
                    continue
                member.name = '/'.join(parts[1:])
                tarball.extract(member, work, set_attrs=False)
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
