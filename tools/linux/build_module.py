"""Builds our kernel modules against Debian's linux-headers, unpacked in the cache, with the machine's gcc.

Usage: build_module.py MODULE OUTPUT [KERNEL]     such as keel_protocols /tmp/keel_protocols.ko linux-7

Kbuild is not used: it wants make, the release's own gcc and helpers built for that release. What it does for a module
of a few files is little: compile with the kernel's ABI flags, link, and describe the result (the version string, and
with MODVERSIONS the checksum of every symbol that is used), which the kernel checks at load.

A module NAME lives in the folder of that name, with dashes. NAME.c there sees the kernel's headers only; every other
file there, services/client and tools/linux/cpu see the project's only.
"""

import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'tools', 'cli'))

import fetch  # noqa: E402
from common import Failure, quiet  # noqa: E402

# The ABI of kernel code, for every file.
ABI = ['-std=gnu11', '-O2', '-m64', '-march=x86-64', '-mcmodel=kernel', '-mno-red-zone', '-mgeneral-regs-only',
       '-mpreferred-stack-boundary=3', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fno-common',
       '-fno-strict-aliasing', '-fno-asynchronous-unwind-tables', '-fno-jump-tables', '-fno-delete-null-pointer-checks',
       '-fcf-protection=branch', '-mindirect-branch=thunk-extern', '-mindirect-branch-register',
       '-mindirect-branch-cs-prefix', '-ffreestanding', '-fshort-wchar', '-funsigned-char', '-Wall', '-Werror',
       f'-ffile-prefix-map={ROOT}/=']
# For the files that see the kernel's headers, which may be meant for a newer gcc.
KERNEL = ['-nostdinc', '-fms-extensions', '-D__KERNEL__', '-DMODULE', '-DRETPOLINE', '-Wno-attributes',
          '-Wno-pointer-sign', '-Wno-address-of-packed-member', '-Wno-array-bounds', '-Wno-unused-const-variable']
DESCRIPTION = '''
#define INCLUDE_VERMAGIC
#include <linux/build-salt.h>
#include <linux/elfnote-lto.h>
#include <linux/export-internal.h>
#include <linux/module.h>
#include <linux/vermagic.h>
#include <linux/compiler.h>

MODULE_INFO(vermagic, VERMAGIC_STRING);
MODULE_INFO(name, KBUILD_MODNAME);
MODULE_INFO(retpoline, "Y");

__visible struct module __this_module __section(".gnu.linkonce.this_module") = {
	.name = KBUILD_MODNAME,
	.init = init_module,
	.exit = cleanup_module,
	.arch = MODULE_ARCH_INIT,
};

#ifdef CONFIG_MODVERSIONS
static const struct modversion_info versions[] __used __section("__versions") = {
%s
};
#endif
'''


def headers(linux):
    """The folders of the headers: of this kernel's flavour, and those all flavours share."""
    return (fetch.inside(f'{linux}-headers', 'usr/src/linux-headers-*-cloud-amd64'),
            fetch.inside(f'{linux}-headers-common', 'usr/src/linux-headers-*-common'))


def kernel_flags(module, flavour, common):
    """What a file of MODULE that includes kernel headers is compiled with."""
    words = [*KERNEL, f'-DKBUILD_MODNAME="{module}"', f'-DKBUILD_BASENAME="{module}"',
             f'-D__KBUILD_MODNAME=kmod_{module}', f'-DKBUILD_MODFILE="{module}"']
    for folder in (f'{common}/arch/x86/include', f'{flavour}/arch/x86/include/generated', f'{common}/include',
                   f'{flavour}/include', f'{common}/arch/x86/include/uapi',
                   f'{flavour}/arch/x86/include/generated/uapi', f'{common}/include/uapi',
                   f'{flavour}/include/generated/uapi'):
        words.append('-I' + folder)
    for name in ('compiler-version.h', 'kconfig.h', 'compiler_types.h'):
        words += ['-include', f'{common}/include/linux/{name}']
    return words


def undefined(path):
    """The symbols that an object expects from the kernel."""
    done = subprocess.run(['nm', '-u', path], stdout=subprocess.PIPE, text=True, check=True)
    return [line.split()[-1] for line in done.stdout.splitlines() if line.strip()]


def versions(flavour, symbols):
    """The kernel's checksum of each symbol, and of struct module, as initialisers in C."""
    with open(os.path.join(flavour, 'Module.symvers'), encoding='ascii') as file:
        known = {words[1]: words[0] for words in (line.split() for line in file)}
    lines = []
    # The module itself is in the description that these lines become a part of.
    for symbol in ['module_layout', *sorted(set(symbols) - {'module_layout', '__this_module'})]:
        # A kernel without checksums does not export struct module's either.
        if symbol not in known and symbol != 'module_layout':
            raise Failure(f'the kernel exports no symbol {symbol}')
        lines.append(f'\t{{{known.get(symbol, 0)}, "{symbol}"}},')
    return '\n'.join(lines)


def sources(module):
    """The files of MODULE: the one that sees the kernel's headers, and those that see the project's."""
    folder = os.path.join(HERE, module.replace('_', '-'))
    ours = [path for part in (os.path.join(ROOT, 'services', 'client'), os.path.join(HERE, 'cpu'), folder)
            for path in sorted(glob.glob(os.path.join(part, '*.c')))]
    own = os.path.join(folder, module + '.c')
    if own not in ours:
        raise Failure(f'there is no module {module}: {own} is missing')
    return own, [path for path in ours if path != own]


def build(module, output, linux='linux-6.12'):
    """Make MODULE for one of guest.KERNELS; returns OUTPUT."""
    flavour, common = headers(linux)
    own, others = sources(module)
    flags = kernel_flags(module, flavour, common)
    ours = ['-I' + os.path.join(ROOT, name) for name in ('include', 'services', 'tools/linux')]
    with tempfile.TemporaryDirectory(prefix='keel-module-') as work:
        objects = []

        def compile_one(path, extra):
            """One object."""
            name = os.path.join(work, os.path.basename(path)[:-2] + '.o')
            quiet(f'compiling {os.path.basename(path)}', ['gcc', *ABI, *extra, '-c', path, '-o', name])
            objects.append(name)

        for path in others:
            compile_one(path, ours)
        compile_one(own, flags)
        whole = os.path.join(work, 'whole.o')
        quiet('linking the module', ['ld', '-m', 'elf_x86_64', '-r', '-o', whole, *objects])
        description = os.path.join(work, 'description.c')
        with open(description, 'w', encoding='ascii') as file:
            file.write(DESCRIPTION % versions(flavour, undefined(whole)))
        compile_one(description, flags)
        quiet('linking the module', ['ld', '-m', 'elf_x86_64', '-r', '--build-id=none', '-o', output, whole,
                                     objects[-1]])
    return output


def program(source, output):
    """Make one of the guest's programs without a C library; returns OUTPUT."""
    quiet(f'compiling {source}', ['gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding',
                                  '-nostdlib', '-static', '-no-pie', '-fno-pic', '-fno-stack-protector',
                                  '-Wl,--build-id=none', '-o', output, os.path.join(HERE, source)])
    return output


def kexec(output):
    """Make the guest's program kexec; returns OUTPUT."""
    return program('kexec/kexec.c', output)


def sev_report(output):
    """Make the guest's program sev-report; returns OUTPUT."""
    return program('sev-report/sev_report.c', output)


def curl(output):
    """Make what stands in for libcurl, which the guest's tpm2-tools are linked against; returns OUTPUT."""
    folder = os.path.join(HERE, 'curl')
    quiet('compiling curl', ['gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib',
                             '-shared', '-fPIC', '-fno-stack-protector', '-Wl,--build-id=none',
                             '-Wl,-soname,libcurl-gnutls.so.4', '-Wl,--version-script=' + folder + '/curl.map', '-o',
                             output, os.path.join(folder, 'curl.c')])
    return output


def example(output):
    """Make the example program that calls the service hello; returns OUTPUT."""
    library = os.path.join(ROOT, 'services', 'lib')
    sources = [os.path.join(HERE, 'examples', 'hello.c'),
               *(os.path.join(library, name) for name in ('cbor.c', 'cbor_read.c', 'libcbor.c'))]
    folders = [f'-I{os.path.join(ROOT, name)}' for name in ('include', 'services', 'tools/linux')]
    system = [os.path.join(library, 'libcbor'), os.path.join(ROOT, 'subprojects', 'libcbor', 'src')]
    quiet('compiling the example', ['gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-static', *folders,
                                    *(word for folder in system for word in ('-isystem', folder)), '-o', output,
                                    *sources])
    return output


if __name__ == '__main__':
    print(build(*sys.argv[1:4]))
