"""Builds the module keel-protocols against Debian's linux-headers, unpacked in the cache, with the machine's gcc.

Kbuild is not used: it wants make, the release's own gcc and helpers built for that release. What it does for a module
of two files is little: compile with the kernel's ABI flags, link, and describe the result (the version string, the
checksum of every symbol that is used), which MODVERSIONS has the kernel check at load.
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

NAME = 'keel_protocols'
SOURCE = os.path.join(HERE, 'keel-protocols')
# The ABI of kernel code, for every file.
ABI = ['-std=gnu11', '-O2', '-m64', '-march=x86-64', '-mcmodel=kernel', '-mno-red-zone', '-mgeneral-regs-only',
       '-mpreferred-stack-boundary=3', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fno-common',
       '-fno-strict-aliasing', '-fno-asynchronous-unwind-tables', '-fno-jump-tables', '-fno-delete-null-pointer-checks',
       '-fcf-protection=branch', '-mindirect-branch=thunk-extern', '-mindirect-branch-register',
       '-mindirect-branch-cs-prefix', '-ffreestanding', '-fshort-wchar', '-funsigned-char', '-Wall', '-Werror',
       f'-ffile-prefix-map={ROOT}/=']
KERNEL = ['-nostdinc', '-D__KERNEL__', '-DMODULE', '-DRETPOLINE', f'-DKBUILD_MODNAME="{NAME}"',
          f'-DKBUILD_BASENAME="{NAME}"', f'-D__KBUILD_MODNAME=kmod_{NAME}', '-DKBUILD_MODFILE="keel"',
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

static const struct modversion_info versions[] __used __section("__versions") = {
%s
};
'''


def headers():
    """The folders of the headers: of this kernel's flavour, and those all flavours share."""
    flavour = fetch.inside('linux-6.12-headers', 'usr/src/linux-headers-*-cloud-amd64')
    return flavour, fetch.inside('linux-6.12-headers-common', 'usr/src/linux-headers-*-common')


def kernel_flags(flavour, common):
    """What a file that includes kernel headers is compiled with."""
    words = list(KERNEL)
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
    for symbol in ['module_layout', *sorted(set(symbols) - {'module_layout'})]:
        if symbol not in known:
            raise Failure(f'the kernel exports no symbol {symbol}')
        lines.append(f'\t{{{known[symbol]}, "{symbol}"}},')
    return '\n'.join(lines)


def build(output):
    """Make the module; returns OUTPUT."""
    flavour, common = headers()
    flags = kernel_flags(flavour, common)
    ours = ['-I' + os.path.join(ROOT, 'include'), '-I' + os.path.join(ROOT, 'services')]
    client = sorted(glob.glob(os.path.join(ROOT, 'services', 'client', '*.c')))
    with tempfile.TemporaryDirectory(prefix='keel-module-') as work:
        objects = []

        def compile_one(path, extra):
            """One object."""
            name = os.path.join(work, os.path.basename(path)[:-2] + '.o')
            quiet(f'compiling {os.path.basename(path)}', ['gcc', *ABI, *extra, '-c', path, '-o', name])
            objects.append(name)

        for path in [*client, os.path.join(SOURCE, 'call.c')]:
            compile_one(path, ours)
        compile_one(os.path.join(SOURCE, NAME + '.c'), flags)
        whole = os.path.join(work, 'whole.o')
        quiet('linking the module', ['ld', '-m', 'elf_x86_64', '-r', '-o', whole, *objects])
        description = os.path.join(work, 'description.c')
        with open(description, 'w', encoding='ascii') as file:
            file.write(DESCRIPTION % versions(flavour, undefined(whole)))
        compile_one(description, flags)
        quiet('linking the module', ['ld', '-m', 'elf_x86_64', '-r', '--build-id=none', '-o', output, whole,
                                     objects[-1]])
    return output


def kexec(output):
    """Make the guest's program kexec; returns OUTPUT."""
    quiet('compiling kexec', ['gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib',
                              '-static', '-no-pie', '-fno-pic', '-fno-stack-protector', '-Wl,--build-id=none', '-o',
                              output, os.path.join(HERE, 'kexec', 'kexec.c')])
    return output


if __name__ == '__main__':
    print(build(sys.argv[1]))
