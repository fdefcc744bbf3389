"""tools/keel bench: what VMPL0 costs, in executed instructions, against the budgets of the architecture.

QEMU's clock counts instructions (-icount), so the numbers are the same in every run and on every machine. The bench
guest (test/guest/bench.c) makes calls in phases; the simulator lists every call with the instructions VMPL0 took.
"""

import collections
import json
import os
import re
import tempfile

import build
import report
import run
from common import BUILD, Failure, PROGRESS, ROOT

GUEST = 'test/guest/bench.fd'
SECONDS = '300'
# The guest begins each phase by a call to this protocol, its number the phase's.
MARK_PROTOCOL = 0xbe7c4
PHASES = ('query by MSR', 'query by event', 'validate 4K', 'invalidate 4K', 'validate 4K by list',
          'invalidate 4K by list', 'validate 2M', 'invalidate 2M', 'REMAP_CA', 'validate 2M by long list')
QUERIES, LISTED, LONG_LIST = PHASES[:2], PHASES[4], PHASES[9]
PAGES_LISTED = 1000
CALL = re.compile(r'sim: call (\d+)\.(\d+) result (0x[0-9a-f]+) ticks (\d+)$')
ZEROING = re.compile(r'bench: zeroing a page ticks (\d+)$')
DONE = 'bench: done'
# The firmware's first word: boot and hand-over are then over, whatever comes later.
ANYTHING = r'\S'
NOT_CODE = re.compile(r'/\*.*?\*/', re.DOTALL)

Figure = collections.namedtuple('Figure', 'key title budget')
FIGURES = (
    Figure('empty_call_instructions', 'instructions in VMPL0 for an empty call', 1500),
    Figure('page_instructions', 'instructions in VMPL0 per 4 KiB page validated, zeroing aside', 400),
    Figure('boot_instructions', 'instructions from start to guest firmware, one CPU', 20_000_000),
    Figure('image_bytes', 'image without firmware and TPM, bytes', 384 << 10),
    Figure('memory_bytes', 'memory reserved, without the TPM, bytes', 8 << 20),
    Figure('lines', 'kernel + arch, lines of code', 8000),
)


class Boot:
    """One deterministic run: its report and its logs."""

    def __init__(self, parse, igvm, *words):
        with tempfile.TemporaryDirectory(prefix='keel-bench-') as folder:
            numbers, log = os.path.join(folder, 'report.json'), os.path.join(folder, 'log.txt')
            options = parse(['--deterministic', '--smp', '1', '--igvm', igvm, '--timeout', SECONDS, '--json', numbers,
                             '--log', log, *words])
            options.qemu = run.QEMU
            if run.boot(options, igvm, report.describe(igvm)) != 0:
                raise Failure('the bench guest did not come to its end')
            with open(numbers, encoding='utf-8') as file:
                self.report = json.load(file)
            with open(log, encoding='utf-8') as file:
                self.lines = [line.split('|', 1)[1].strip() for line in file if '|' in line]


def phases(lines, names=PHASES):
    """The calls of each phase, as (result, instructions)."""
    found, current = {}, None
    for match in filter(None, map(CALL.match, lines)):
        protocol, call, result, ticks = int(match[1]), int(match[2]), match[3], int(match[4])
        if protocol == MARK_PROTOCOL:
            current = found.setdefault(names[call], []) if call < len(names) else None
        elif current is not None:
            current.append((result, ticks))
    missing = [name for name in names if not found.get(name)]
    if missing:
        raise Failure(f'the bench guest made no calls for: {", ".join(missing)}')
    return found


def summary(calls):
    """What is kept of a phase."""
    ticks = [count for _, count in calls]
    return {'calls': len(calls), 'results': dict(sorted(collections.Counter(result for result, _ in calls).items())),
            'least': min(ticks), 'most': max(ticks), 'total': sum(ticks)}


def per_page(by_phase, zeroing):
    """What each page of the lists took, less its zeroing and its share of the calls; rounded up."""
    listed, call = by_phase[LISTED], by_phase[QUERIES[1]]['least']
    return -(-(listed['total'] - listed['calls'] * call) // PAGES_LISTED) - zeroing


def lines_of_code():
    """Lines of kernel and arch that are neither empty nor comment; arch/fake is a test's."""
    count = 0
    for top in ('kernel', 'arch'):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            if os.path.relpath(folder, ROOT) == os.path.join('arch', 'fake'):
                continue
            for name in names:
                if name.endswith(('.c', '.h', '.S', '.ld')):
                    with open(os.path.join(folder, name), encoding='utf-8') as file:
                        count += sum(bool(line.strip()) for line in NOT_CODE.sub('', file.read()).splitlines())
    return count


def measure(parse):
    """All numbers: the figures by key, and what they come from."""
    image = os.path.join(BUILD, 'keel-bench.igvm')
    build.make_image(image, firmware=build.part(GUEST), vtpm='stub')
    guest = Boot(parse, image, '--trace-calls', '--expect', DONE)
    shipped = build.image(None, 2, False, 'stub')
    firmware = Boot(parse, shipped, '--expect', ANYTHING)
    by_phase = {name: summary(calls) for name, calls in phases(guest.lines).items()}
    zeroing = [int(match[1]) for match in map(ZEROING.match, guest.lines) if match]
    if len(zeroing) != 1:
        raise Failure('the bench guest did not say what zeroing a page costs')
    figures = {
        'empty_call_instructions': max(by_phase[name]['most'] for name in QUERIES),
        'page_instructions': per_page(by_phase, zeroing[0]),
        'boot_instructions': firmware.report['boot_instructions'],
        'image_bytes': firmware.report['svsm_image_bytes'],
        'memory_bytes': firmware.report['svsm_memory_bytes'],
        'lines': lines_of_code(),
    }
    return {
        'figures': {f.key: {'budget': f.budget, 'measured': figures[f.key]} for f in FIGURES},
        'phases': by_phase,
        'zeroing_page_instructions': zeroing[0],
        'longest_stay_instructions': guest.report['longest_stay_instructions'],
        'pages_validated': guest.report['pages_validated'],
        'stays': guest.report['stays'],
    }


def show(numbers):
    """The table; whether all budgets were kept."""
    missed = 0
    print(f'{"figure":62} {"budget":>11} {"measured":>11}')
    for figure in FIGURES:
        measured = numbers['figures'][figure.key]['measured']
        is_missed = measured > figure.budget
        missed += is_missed
        print(f'{figure.title:62} {figure.budget:>11,} {measured:>11,}{"  MISSED" if is_missed else ""}')
    print(f'\n{"instructions in VMPL0":30} {"calls":>7} {"incomplete":>11} {"least":>11} {"most":>11} {"total":>13}')
    for name, phase in numbers['phases'].items():
        incomplete = phase['results'].get('0x80000000', 0)
        print(f'{name:30} {phase["calls"]:>7,} {incomplete:>11,} {phase["least"]:>11,} {phase["most"]:>11,} '
              f'{phase["total"]:>13,}')
    print(f'{"zeroing a 4 KiB page":30} {"":>7} {"":>11} {"":>11} {numbers["zeroing_page_instructions"]:>11,}')
    print(f'{"longest stay":30} {"":>7} {"":>11} {"":>11} {numbers["longest_stay_instructions"]:>11,}')
    return missed == 0


def finish(options, parse, count, table):
    """A whole command: what COUNT has counted, as TABLE shows it and as JSON; 1 when TABLE says that it is too much."""
    build.prepare(BUILD)
    numbers = count(parse)
    PROGRESS.clear()
    is_good = table(numbers)
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as file:
            json.dump(numbers, file, indent=2)
            file.write('\n')
    return 0 if is_good else 1


def bench(options, parse):
    """The whole command; exit status 1 when a budget was missed."""
    return finish(options, parse, measure, show)
