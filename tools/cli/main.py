"""tools/keel: reads the command line, refuses wrong usage before anything is started, hands over."""

import argparse
import os
import re
import sys

import attesting
import bench
import bench_tpm
import build
import calling
import measuring
import new_service
import run
import testing
from common import Failure, PROGRESS, Stopped, Usage, signals_stop

MEBIBYTE = 1 << 20
UNITS = {'': MEBIBYTE, 'K': 1 << 10, 'M': MEBIBYTE, 'G': 1 << 30, 'T': 1 << 40}
# Below, OVMF and the simulator do not fit; above, guest memory would reach the SVSM's region at 512 GiB.
MEMORY_MIN = 256 * MEBIBYTE
MEMORY_MAX = 500 << 30
CPUS_MAX = 255


def readable(path):
    """An argument that names a file to read."""
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError(f'there is no file {path}')
    if not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f'cannot read {path}')
    return os.path.abspath(path)


def writable(path):
    """An argument that names a file to write."""
    if not os.path.isdir(os.path.dirname(os.path.abspath(path))) or os.path.isdir(path):
        raise argparse.ArgumentTypeError(f'cannot write {path}')
    return os.path.abspath(path)


def memory(text):
    """512M, 2G; a bare number is MiB, as in QEMU."""
    found = re.fullmatch(r'(\d+)([KMGT]?)(?:i?B)?', text, re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f'{text} is no memory size; write it as 512M or 2G')
    size = int(found.group(1)) * UNITS[found.group(2).upper()]
    if size % MEBIBYTE or not MEMORY_MIN <= size <= MEMORY_MAX:
        raise argparse.ArgumentTypeError(f'{text} is impossible: whole MiB from 256M to 500G')
    return size


def cpus(text):
    """A number of virtual CPUs."""
    if not text.isdecimal() or not 1 <= int(text) <= CPUS_MAX:
        raise argparse.ArgumentTypeError(f'{text} is impossible: 1 to {CPUS_MAX}')
    return int(text)


def seconds(text):
    """A time to wait."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f'{text} is no time in seconds')
    return value


def expression(text):
    """A regular expression, matched on the console's whole stream."""
    try:
        return re.compile(text, re.MULTILINE)
    except re.error as error:
        raise argparse.ArgumentTypeError(f'{text}: {error}') from None


def add_image_options(parser):
    """What build and run have in common: which image."""
    parser.add_argument('--firmware', metavar='FILE', type=readable, help="guest firmware (default: Debian's OVMF)")
    parser.add_argument('--guest-vmpl', type=int, choices=(1, 2, 3), help='where the guest runs (default: 2)')
    parser.add_argument('--cpu-feature', choices=('la57',), action='append', default=[],
                        help='la57: the CPU offers 5-level paging and the SVSM uses it')
    parser.add_argument('--vtpm', choices=('libtpms', 'stub'), default='libtpms',
                        help='the TPM (default), or a stub that only says that it does not work')


def add_run(commands):
    """tools/keel run."""
    parser = commands.add_parser('run', allow_abbrev=False, help='boot a guest under the SVSM, in the simulator',
                                 description='Boots a guest under the SVSM, in the simulator: interactively, or with '
                                 '--expect as a check (exit 0: all seen; 1: not; 2: wrong usage).')
    add_image_options(parser)
    parser.add_argument('--kernel', metavar='FILE', type=readable, help="a kernel for the guest's firmware to boot "
                        "(default, without --disk: Debian's, started by the firmware's shell after 5 s)")
    parser.add_argument('--initrd', metavar='FILE', type=readable, help='its initial RAM disk')
    parser.add_argument('--append', metavar='TEXT', help='its command line')
    parser.add_argument('--disk', metavar='FILE', type=readable, action='append', default=[],
                        help='a raw disk image; the file itself is never written to; repeatable')
    parser.add_argument('--smp', metavar='N', type=cpus, default=2, help='virtual CPUs (default: 2)')
    parser.add_argument('--memory', metavar='SIZE', type=memory, default=2 << 30, help='512M, 2G (default: 2G)')
    parser.add_argument('--c-bit', type=int, choices=(47, 51), default=51, help='default: 51')
    parser.add_argument('--qemu', metavar='PATH', help='another QEMU, 7.2 or later')
    parser.add_argument('--igvm', metavar='FILE', type=readable, help='boot this image, build none')
    parser.add_argument('--expect', metavar='REGEX', type=expression, action='append', default=[],
                        help="must appear on the guest's console; repeatable, in this order")
    parser.add_argument('--timeout', metavar='SECONDS', type=seconds,
                        help=f'end after so long; a check then has failed (default there: {run.CHECK_SECONDS})')
    parser.add_argument('--log', metavar='FILE', help="the guest's, the SVSM's and the simulator's logs in one")
    parser.add_argument('--json', metavar='FILE', help='the numbers of the run')
    parser.add_argument('--certs', metavar='DIR', help="where to put the simulated chip's certificates")
    parser.add_argument('--report-version', type=int, choices=(2, 3, 4, 5),
                        help="of the simulated PSP's attestation reports (default: 5)")
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument('--deterministic', action='store_true',
                       help='a clock that counts instructions: the same numbers in every run; slower')
    clock.add_argument('--parallel', action='store_true',
                       help='a thread for each virtual CPU (default: they take turns, which suits busy machines)')
    parser.add_argument('--trace-calls', action='store_true', help="list every SVSM call in the simulator's log")
    parser.set_defaults(start=run.run)
    return parser


def add_bench(commands, runs):
    """tools/keel bench; it runs the simulator as RUNS, the parser of tools/keel run, would."""
    parser = commands.add_parser('bench', allow_abbrev=False, help='count what the SVSM costs, against its budgets',
                                 description='Counts the instructions the SVSM takes and prints them beside their '
                                 'budgets (exit 0: all kept; 1: one missed).')
    parser.add_argument('--json', metavar='FILE', type=writable, help='the numbers, and what they come from')
    parser.add_argument('--tpm', action='store_true', help="the TPM's commands instead")
    parser.set_defaults(start=lambda options: (bench_tpm.main if options.tpm else bench.bench)(
        options, runs.parse_args))


def parser_of_all():
    """The command line, as users and scripts know it."""
    parser = argparse.ArgumentParser(prog='tools/keel', allow_abbrev=False,
                                     description='Keel, an SVSM for SEV-SNP guests: build it, run it, test it.',
                                     epilog='Each command explains itself: tools/keel run --help.')
    commands = parser.add_subparsers(dest='command', required=True,
                                     metavar='run|test|bench|build|measure|attest|new-service|call|setup')
    runs = add_run(commands)
    tests = commands.add_parser('test', allow_abbrev=False, help='build and pass every test')
    tests.add_argument('--suite', action='append', default=[], metavar='NAME', help='only this suite; repeatable')
    tests.set_defaults(start=testing.test)
    add_bench(commands, runs)
    builds = commands.add_parser('build', allow_abbrev=False, help='build everything and build/keel.igvm')
    add_image_options(builds)
    builds.set_defaults(start=build.build)
    measures = commands.add_parser('measure', allow_abbrev=False, help='the launch digest of an image, its ID block',
                                   description='Computes the launch digest of an image, from the file alone, and '
                                   'signs the ID block for it.')
    measuring.add_options(measures, readable, writable)
    attests = commands.add_parser('attest', allow_abbrev=False, help='verify an attestation report')
    attesting.add_options(attests, readable)
    services = commands.add_parser('new-service', allow_abbrev=False, help='start a service of your own',
                                   description='Makes a service that answers, with its table entry, schemas, unit test '
                                   'and fuzz target. docs/write-a-service.md goes on from there.')
    new_service.add_options(services)
    calls = commands.add_parser('call', allow_abbrev=False, help='have a small guest call a service by name',
                                description='Boots a small guest in the simulator that calls a service by its name, '
                                'and prints the answers. Builds no more than it needs.')
    calling.add_options(calls, runs.parse_args)
    setups = commands.add_parser('setup', allow_abbrev=False, help='install and download what is missing')
    setups.set_defaults(start=lambda options: build.prepare() or 0)
    return parser


def main():
    """Exit status: the command's own, 1 for a failure, 2 for wrong usage."""
    options = parser_of_all().parse_args()
    try:
        with signals_stop():
            return options.start(options)
    except Usage as error:
        PROGRESS.clear()
        print(f'tools/keel: {error}', file=sys.stderr)
        return 2
    except Failure as error:
        PROGRESS.clear()
        print(f'keel: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        PROGRESS.clear()
        print(f'keel: {error.filename or "this system"}: {error.strerror}', file=sys.stderr)
        return 1
    except Stopped as error:
        PROGRESS.clear()
        print(f'keel: stopped by {error.args[1]}', file=sys.stderr)
        return 128 + error.args[0]
    finally:
        PROGRESS.clear()


if __name__ == '__main__':
    sys.exit(main())
