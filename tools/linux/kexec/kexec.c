/*
 * kexec KERNEL INITRD COMMAND-LINE: loads another kernel and jumps to it. A program of three system
 * calls for the guest's RAM disk, without a C library; Debian's kexec-tools want Xen's libraries.
 */
#include <stdint.h>

#define SYS_OPEN	    2
#define SYS_EXIT	    60
#define SYS_REBOOT	    169
#define SYS_KEXEC_FILE_LOAD 320
#define REBOOT_MAGIC_1	    0xfee1dead
#define REBOOT_MAGIC_2	    672274793
#define REBOOT_KEXEC	    0x45584543

void kexec_start(const uint64_t *stack) __attribute__((noreturn));

static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return number;
}

static void __attribute__((noreturn)) leave(int64_t status)
{
	for (;;) {
		call(SYS_EXIT, (uint64_t)status, 0, 0, 0, 0);
	}
}

static uint64_t open_or_leave(uint64_t path)
{
	int64_t file = call(SYS_OPEN, path, 0, 0, 0, 0);

	if (file < 0) {
		leave(1);
	}
	return (uint64_t)file;
}

void kexec_start(const uint64_t *stack)
{
	const uint64_t *arguments = stack + 1;
	uint64_t kernel;
	uint64_t initrd;
	uint64_t bytes = 1;

	if (stack[0] != 4) {
		leave(2);
	}
	kernel = open_or_leave(arguments[1]);
	initrd = open_or_leave(arguments[2]);
	for (const char *c = (const char *)(uintptr_t)arguments[3]; *c != '\0'; c++) {
		bytes++;
	}
	if (call(SYS_KEXEC_FILE_LOAD, kernel, initrd, bytes, arguments[3], 0) != 0) {
		leave(3);
	}
	call(SYS_REBOOT, REBOOT_MAGIC_1, REBOOT_MAGIC_2, REBOOT_KEXEC, 0, 0);
	leave(4);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall kexec_start\n");
