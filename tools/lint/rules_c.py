"""Rules about C and assembly, as far as text alone shows them. The layout is the house's: bodies begin in column 0."""

import os
import re

from tree import Finding

FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6
NESTING_MAX = 3
PAGE_BYTES = 4096
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
ASM_FOLDERS = ('arch/metal/', 'services/rt/', 'tools/linux/', 'tools/sim/', 'test/guest/')
# Where a single instruction may be inlined besides: the client library runs in the guest, on bare metal.
INLINE_ASM_FOLDERS = ASM_FOLDERS + ('services/client/metal/', 'test/services/', 'include/base/', 'include/x86/')
ASM = re.compile(r'\b(?:__asm__|asm)\b\s*(?:volatile|__volatile__|goto|\()')
# An offset that C also knows: a number times a base register. The stack's own layout is the assembly's business.
# Whole pages apart are page tables, not fields, and so is an index times 8.
LITERAL_OFFSET = re.compile(r'(?<![\w.+*])(?<!\* )-?(0x[0-9a-fA-F]+|[0-9]+)\(%(?!(?:r|e)?sp\b|rip\b)')
ATTRIBUTE = re.compile(r'\b__attribute__\s*\(\(.*?\)\)|\b[A-Z][A-Z0-9_]+\([^()]*\)')
# The last are the linker's names for what stands in for a library's function.
FIXED_NAMES = re.compile(
    r'main$|mem(?:cpy|set|move|cmp)$|str\w+$|arch_|sys_|service_(?:init\w*|handle)$|LLVMFuzzer|__wrap_')

# What each part may see, first match wins; every part sees its own folder.
LAYERS = (
    ('kernel/', ('include/', 'arch/include/', 'kernel/')),
    ('services/rt/', ('include/', 'services/rt/')),
    ('services/lib/', ('include/', 'services/lib/')),
    ('services/client/', ('include/', 'services/client/')),
    ('services/', ('include/', 'services/rt/', 'services/lib/')),
    ('include/', ('include/',)),
    ('arch/', ('include/', 'arch/', 'kernel/')),
)
HOST_ARCH = ('arch/fake/', 'tools/sim/model/')
NOT_IN_IMAGE = ('test/', 'tools/')


def includes(tree):
    """Every #include "...": (path, line, what, where it is found or None)."""
    roots = ('include', 'arch/include', 'services', 'kernel', 'arch', 'tools', 'test/unit', '')
    for path, lines in tree.having('.c', '.h', '.S'):
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            name = found.group(1)
            places = [os.path.dirname(path), *roots, *parents(path)]
            places = (os.path.normpath(os.path.join(place, name)) for place in places)
            yield path, number, name, next((place for place in places if place in tree.files), None)


def parents(path):
    """The folders above PATH."""
    folder = os.path.dirname(path)
    while folder:
        yield folder
        folder = os.path.dirname(folder)


def layering(tree):
    """A part includes only what its layer may see; nothing of the image includes tests, tools or the fake."""
    found = []
    for path, number, name, where in includes(tree):
        if where is None:
            continue
        own = os.path.dirname(path) + '/'
        for part, seen in LAYERS:
            if path.startswith(HOST_ARCH):
                break
            if path.startswith(part):
                service = '/'.join(path.split('/')[:2]) + '/'
                if not where.startswith(seen + (own, service if part == 'services/' else own)):
                    found.append(Finding(path, number, f'{part} must not see {where}'))
                break
    return found


def circular_includes(tree):
    """No header includes itself, however far around."""
    edges = {}
    for path, _, _, where in includes(tree):
        if where is not None and where.endswith('.h'):
            edges.setdefault(path, []).append(where)
    found, done = [], set()

    def visit(path, trail):
        if path in trail:
            circle = trail[trail.index(path):] + [path]
            found.append(Finding(path, 1, 'circle: ' + ' -> '.join(circle)))
        elif path not in done:
            for other in edges.get(path, []):
                visit(other, trail + [path])
            done.add(path)

    for path in sorted(edges):
        visit(path, [])
    return found


def pragma_once(tree):
    """A header says #pragma once."""
    return [Finding(path, 1, 'no #pragma once') for path, lines in tree.having('.h') if '#pragma once' not in lines]


def assembly_places(tree):
    """Assembly lives where privileged code lives."""
    found = [Finding(path, 1, 'assembly outside ' + ' '.join(ASM_FOLDERS)) for path, _ in tree.having('.S')
             if not path.startswith(ASM_FOLDERS)]
    return found + [entry for entry in tree.grep(ASM, ('.c', '.h')) if not entry.path.startswith(INLINE_ASM_FOLDERS)]


def literal_offsets(tree):
    """An offset into a C structure comes from C; in a .S file a bare number before a base register is a mistake."""
    found = []
    for path, lines in tree.having('.S'):
        for number, line in enumerate(lines, 1):
            offset = LITERAL_OFFSET.search(line)
            # 4 is how 32-bit code reaches the upper half of a 64-bit value.
            if not offset or line.lstrip().startswith('lea'):
                continue
            if int(offset.group(1), 0) not in (0, 4) and int(offset.group(1), 0) < PAGE_BYTES:
                found.append(Finding(path, number, f'{offset.group(1)} is a literal offset'))
    return found


def functions(lines):
    """Each function definition: (name, is static, line, parameters, body's lines)."""
    start = None
    for number, line in enumerate(lines):
        if line == '{':
            start = number
        elif line == '}' and start is not None:
            first = start - 1
            while first > 0 and lines[first - 1].strip() and lines[first - 1][0] not in '}/#; ' and \
                    not lines[first - 1].rstrip().endswith((';', '*/')):
                first -= 1
            signature = ' '.join(text.strip() for text in lines[first:start])
            signature = ATTRIBUTE.sub('', signature)
            name = re.search(r'\b(\w+)\s*\(', signature)
            if name:
                inside = signature[signature.index('(', signature.index(name.group(1))) + 1:]
                count = 0 if inside.startswith('void)') else inside.count(',') + 1
                is_static = bool(re.search(r'\bstatic\b', signature))
                yield name.group(1), is_static, first + 1, count, lines[start + 1:number]
            start = None


def function_size(tree):
    """At most 60 lines, 6 parameters and 3 levels of nesting."""
    found = []
    for path, lines in tree.having('.c', '.h'):
        for name, _, line, count, body in functions(lines):
            if len(body) > FUNCTION_LINES_MAX:
                found.append(Finding(path, line, f'{name} has {len(body)} lines, the limit is {FUNCTION_LINES_MAX}'))
            if count > PARAMETERS_MAX:
                found.append(Finding(path, line, f'{name} has {count} parameters, the limit is {PARAMETERS_MAX}'))
            depth = max((len(text) - len(text.lstrip('\t')) for text in body
                         if re.match(r'\t+(?:if|for|while|switch|do)\b', text)), default=0)
            if depth > NESTING_MAX:
                found.append(Finding(path, line, f'{name} nests {depth} levels, the limit is {NESTING_MAX}'))
    return found


def external_prefix(tree):
    """A function other files can call begins with its file's name, the first word of it, or its folder's name."""
    found = []
    for path, lines in tree.having('.c'):
        if path.startswith('test/') or os.path.basename(path) == 'main.c':
            continue
        stem = os.path.splitext(os.path.basename(path))[0]
        words = stem.split('_')
        # core_pvalidate.c may define core_*: operations of one module, one per file.
        prefixes = {stem + '_', words[0] + '_', *(folder + '_' for folder in os.path.dirname(path).split('/'))}
        for name, is_static, line, _, _ in functions(lines):
            if is_static or name == stem or name.startswith(tuple(prefixes)) or FIXED_NAMES.match(name):
                continue
            found.append(Finding(path, line, f'{name} does not begin with {stem}_'))
    return found


RULES = {
    'layering': layering, 'circular-includes': circular_includes, 'pragma-once': pragma_once,
    'assembly-places': assembly_places, 'literal-offsets': literal_offsets, 'function-size': function_size,
    'external-prefix': external_prefix,
}
