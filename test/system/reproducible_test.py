"""Builds the image in a second folder of another name and compares the bits."""

import os
import shutil
import subprocess
import tempfile

from checks import ROOT, Checks

import build
import fetch
from common import BUILD, sha256_file

PARTS = ['arch/stub.elf', 'kernel/keel.elf', 'services/core.elf', 'tools/igvm/keel-igvm']


def copy_sources(target):
    """What a checkout holds, and what setup put beside it."""
    def ignore(folder, names):
        if folder != ROOT:
            return [name for name in names if name == '__pycache__']
        return [name for name in names if name.startswith(('build', '.git', '.cache'))]
    shutil.copytree(ROOT, target, ignore=ignore, symlinks=True)


def main():
    """Compare part by part, so that a difference has a name."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='keel-elsewhere-with-a-longer-name-') as folder:
        copy = os.path.join(folder, 'clone')
        copy_sources(copy)
        other = os.path.join(copy, 'out')
        environment = dict(os.environ, CC=build.COMPILERS[BUILD])
        subprocess.run(['meson', 'setup', *build.MESON_OPTIONS, other], cwd=copy, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(['ninja', '-C', other, *PARTS], check=True, stdout=subprocess.DEVNULL)
        for name in PARTS[:3]:
            loaded = [stripped(os.path.join(place, name), os.path.join(folder, str(number)))
                      for number, place in enumerate((BUILD, other))]
            checks.that(f'{name} is the same but for debug information', loaded[0] == loaded[1], loaded)
        images = [os.path.join(folder, 'a.igvm'), os.path.join(folder, 'b.igvm')]
        for image, place in zip(images, (BUILD, other)):
            build.make_image(image, firmware=fetch.firmware(), folder=place)
        digests = [sha256_file(image) for image in images]
        checks.that('keel.igvm is the same, bit for bit', digests[0] == digests[1], digests)
    checks.end()


def stripped(path, output):
    """The sha256 of what is loaded of an ELF file."""
    subprocess.run(['objcopy', '--strip-all', path, output], check=True)
    return sha256_file(output)


if __name__ == '__main__':
    main()
