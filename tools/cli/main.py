"""tools/keel: reads the command line, refuses wrong usage before anything is started, hands over."""

import argparse
import os
import sys

import build
import testing
from common import Failure, PROGRESS, Usage


def readable(path):
    """An argument that names a file to read."""
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError(f'there is no file {path}')
    if not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f'cannot read {path}')
    return os.path.abspath(path)


def add_image_options(parser):
    """What build and run have in common: which image."""
    parser.add_argument('--firmware', metavar='FILE', type=readable, help="guest firmware (default: Debian's OVMF)")
    parser.add_argument('--guest-vmpl', type=int, choices=(1, 2, 3), default=2, help='default 2')
    parser.add_argument('--cpu-feature', choices=('la57',), action='append', default=[],
                        help='la57: the SVSM uses 5-level page tables')


def parser_of_all():
    """The command line, as users and scripts know it."""
    parser = argparse.ArgumentParser(prog='tools/keel', allow_abbrev=False,
                                     description='Keel, an SVSM for SEV-SNP guests: build it, run it, test it.')
    commands = parser.add_subparsers(dest='command', required=True, metavar='run|test|build|setup')
    tests = commands.add_parser('test', allow_abbrev=False, help='build and pass every test')
    tests.add_argument('--suite', action='append', default=[], metavar='NAME', help='only this suite; repeatable')
    tests.set_defaults(start=testing.test)
    builds = commands.add_parser('build', allow_abbrev=False, help='build everything and build/keel.igvm')
    add_image_options(builds)
    builds.set_defaults(start=build.build)
    setups = commands.add_parser('setup', allow_abbrev=False, help='install and download what is missing')
    setups.set_defaults(start=lambda options: build.setup() or 0)
    return parser


def main():
    """Exit status: the command's own, 1 for a failure, 2 for wrong usage."""
    options = parser_of_all().parse_args()
    try:
        return options.start(options)
    except Usage as error:
        print(f'tools/keel: {error}', file=sys.stderr)
        return 2
    except Failure as error:
        PROGRESS.clear()
        print(f'keel: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        PROGRESS.clear()
        print('keel: interrupted', file=sys.stderr)
        return 130
    finally:
        PROGRESS.clear()


if __name__ == '__main__':
    sys.exit(main())
