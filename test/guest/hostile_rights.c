/* System calls: without the right to them, and Linux's with pointers that must not be followed. */
#include "base/bits.h"
#include "base/compiler.h"
#include "check.h"
#include "hostile.h"
#include "hostile_cases.h"
#include "msg/image.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "svsm.h"

#define SCRATCH offsetof(struct msg_buffer, scratch)

#define EBADF  (-9)
#define ENOMEM (-12)
#define EACCES (-13)
#define EFAULT (-14)
#define EINVAL (-22)
#define ENOSYS (-38)

#define SET_GS	      0x1001
#define SET_FS	      0x1002
#define MAP_GOOD      0x22 /* private, anonymous */
#define MAP_FIXED     0x32
#define MAP_SHARED    0x21
#define MAP_FILE      0x02
#define PROT_RW	      3
#define PROT_ALL      7
#define MSG_END	      (SERVICE_MSG_VA + sizeof(struct msg_buffer))
#define QUOTA_AND_ONE ((INTRUDER_HEAP_PAGES + 1) * PAGE_SIZE)

static uint64_t syscall(uint32_t protocol, uint64_t number, const uint64_t args[4])
{
	return hostile_call(protocol, (uint32_t)(HOSTILE_SYSCALL + number), args[0], args[1],
			    args[2], args[3])
		.rcx;
}

static const struct {
	const char *name;
	uint64_t number;
	uint64_t args[4];
	enum err want;
} without_right[] = {
	{"reads guest memory", SYS_COPY_FROM_GUEST, {RAM_4K, SCRATCH, 8}, ERR_DENIED},
	{"writes guest memory", SYS_COPY_TO_GUEST, {RAM_4K, SCRATCH, 8}, ERR_DENIED},
	{"changes pages", SYS_PAGE_STATE, {SCRATCH, 1, 0}, ERR_DENIED},
	{"makes a vCPU", SYS_VCPU_CREATE, {0x5000, 0x6000, 0}, ERR_DENIED},
	{"deletes a vCPU", SYS_VCPU_DELETE, {0x5000}, ERR_DENIED},
	{"moves a calling area", SYS_REMAP_CA, {0x5000}, ERR_DENIED},
	{"takes deposits", SYS_DEPOSIT, {SCRATCH, 1, 0}, ERR_DENIED},
	{"gives deposits", SYS_WITHDRAW, {SCRATCH, 1}, ERR_DENIED},
	{"asks for random bytes", SYS_RANDOM, {SCRATCH, 8}, ERR_DENIED},
	{"asks about services", SYS_SERVICE, {0, SCRATCH}, ERR_DENIED},
	{"calls a service", SYS_PEER, {0, SCRATCH, 0}, ERR_DENIED},
	{"calls the PSP", SYS_PSP, {SCRATCH, 0}, ERR_DENIED},
	{"asks for certificates", SYS_PSP_CERTIFICATES, {0, SCRATCH}, ERR_DENIED},
	{"asks for VMPCK0", SYS_VMPCK, {SCRATCH}, ERR_DENIED},
	{"writes as under Linux", HOSTILE_LINUX_WRITE, {2, KERNEL_VA, 8}, ERR_UNSUPPORTED},
	{"maps as under Linux",
	 HOSTILE_LINUX_MMAP,
	 {0, PAGE_SIZE, PROT_RW, MAP_GOOD},
	 ERR_UNSUPPORTED},
	{"sets FS as under Linux", HOSTILE_LINUX_ARCH_PRCTL, {SET_FS, KERNEL_VA}, ERR_UNSUPPORTED},
	{"asks for what does not exist", SYS_END, {0}, ERR_UNSUPPORTED},
	{"asks for far more", UINT32_MAX - HOSTILE_SYSCALL, {0}, ERR_UNSUPPORTED},
	{"logs what is the kernel's", SYS_LOG, {KERNEL_VA, 8}, ERR_INVALID},
	{"logs past its buffer", SYS_LOG, {sizeof(struct msg_buffer) - 1, 2}, ERR_INVALID},
};

/* The rights of the intruder end here. */
static const struct {
	const char *name;
	uint64_t number;
	uint64_t args[4];
} intruder_without[] = {
	{"changes pages", SYS_PAGE_STATE, {SCRATCH, 1, 0}},
	{"makes a vCPU", SYS_VCPU_CREATE, {0x5000, 0x6000, 0}},
	{"calls the PSP", SYS_PSP, {SCRATCH, 0}},
	{"asks for VMPCK0", SYS_VMPCK, {SCRATCH}},
};

void hostile_cases_rights(void)
{
	check_subject("without the right: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(without_right); i++) {
		hostile_try(
			without_right[i].name,
			syscall(HOSTILE_PROTOCOL, without_right[i].number, without_right[i].args),
			(uint64_t)without_right[i].want);
	}
	check_subject("with other rights: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(intruder_without); i++) {
		hostile_try(intruder_without[i].name,
			    syscall(INTRUDER_PROTOCOL, intruder_without[i].number,
				    intruder_without[i].args),
			    ERR_DENIED);
	}
}

static const struct {
	const char *name;
	uint64_t number;
	uint64_t args[4];
	int64_t want;
} linux_calls[] = {
	{"write from the kernel", HOSTILE_LINUX_WRITE, {2, KERNEL_VA, 64}, EFAULT},
	{"write from nowhere", HOSTILE_LINUX_WRITE, {2, 0, 64}, EFAULT},
	{"write across its buffer's end", HOSTILE_LINUX_WRITE, {2, MSG_END - 4, 8}, EFAULT},
	{"write around the top", HOSTILE_LINUX_WRITE, {2, UINT64_MAX - 3, 8}, EFAULT},
	{"write from an address that is none",
	 HOSTILE_LINUX_WRITE,
	 {2, UINT64_C(1) << 63, 8},
	 EFAULT},
	{"write to another file", HOSTILE_LINUX_WRITE, {3, SERVICE_MSG_VA, 8}, EBADF},
	{"writev, its list in the kernel", HOSTILE_LINUX_WRITEV, {2, KERNEL_VA, 1}, EFAULT},
	{"writev, its list around the top", HOSTILE_LINUX_WRITEV, {2, UINT64_MAX - 7, 1}, EFAULT},
	{"getrandom into the kernel", HOSTILE_LINUX_GETRANDOM, {KERNEL_VA, 8, 0}, EFAULT},
	{"getrandom into its code", HOSTILE_LINUX_GETRANDOM, {SERVICE_IMAGE_VA, 8, 0}, EFAULT},
	{"getrandom across its buffer's end", HOSTILE_LINUX_GETRANDOM, {MSG_END - 4, 8, 0}, EFAULT},
	{"clock_gettime into the kernel", HOSTILE_LINUX_CLOCK_GETTIME, {1, KERNEL_VA}, EFAULT},
	{"clock_gettime into its code", HOSTILE_LINUX_CLOCK_GETTIME, {1, SERVICE_IMAGE_VA}, EFAULT},
	{"FS in the kernel", HOSTILE_LINUX_ARCH_PRCTL, {SET_FS, KERNEL_VA}, EINVAL},
	{"FS that is no address", HOSTILE_LINUX_ARCH_PRCTL, {SET_FS, UINT64_C(1) << 63}, EINVAL},
	{"GS, which is the kernel's", HOSTILE_LINUX_ARCH_PRCTL, {SET_GS, SERVICE_MSG_VA}, EINVAL},
	{"mmap to execute", HOSTILE_LINUX_MMAP, {0, PAGE_SIZE, PROT_ALL, MAP_GOOD}, EACCES},
	{"mmap over the kernel",
	 HOSTILE_LINUX_MMAP,
	 {KERNEL_VA, PAGE_SIZE, PROT_RW, MAP_FIXED},
	 EINVAL},
	{"mmap to share", HOSTILE_LINUX_MMAP, {0, PAGE_SIZE, PROT_RW, MAP_SHARED}, EINVAL},
	{"mmap of a file", HOSTILE_LINUX_MMAP, {0, PAGE_SIZE, PROT_RW, MAP_FILE}, EINVAL},
	{"mmap of more than its quota",
	 HOSTILE_LINUX_MMAP,
	 {0, QUOTA_AND_ONE, PROT_RW, MAP_GOOD},
	 ENOMEM},
	{"mmap of everything", HOSTILE_LINUX_MMAP, {0, UINT64_MAX, PROT_RW, MAP_GOOD}, EINVAL},
	{"munmap of the kernel", HOSTILE_LINUX_MUNMAP, {KERNEL_VA, PAGE_SIZE}, EINVAL},
	{"munmap of its code", HOSTILE_LINUX_MUNMAP, {SERVICE_IMAGE_VA, PAGE_SIZE}, EINVAL},
	{"munmap of its messages", HOSTILE_LINUX_MUNMAP, {SERVICE_MSG_VA, PAGE_SIZE}, EINVAL},
	{"munmap of more than its heap",
	 HOSTILE_LINUX_MUNMAP,
	 {SERVICE_HEAP_VA, QUOTA_AND_ONE},
	 EINVAL},
	{"mprotect", HOSTILE_LINUX_MPROTECT, {SERVICE_IMAGE_VA, PAGE_SIZE, PROT_ALL}, ENOSYS},
	{"fork", HOSTILE_LINUX_FORK, {0}, ENOSYS},
	{"execve", HOSTILE_LINUX_EXECVE, {KERNEL_VA, KERNEL_VA, KERNEL_VA}, ENOSYS},
	{"openat", HOSTILE_LINUX_OPENAT, {0, KERNEL_VA, 0}, ENOSYS},
};

void hostile_cases_linux(void)
{
	check_subject("as under Linux: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(linux_calls); i++) {
		hostile_try(linux_calls[i].name,
			    syscall(INTRUDER_PROTOCOL, linux_calls[i].number, linux_calls[i].args),
			    (uint64_t)linux_calls[i].want);
	}
	hostile_try("a pointer at each page of the kernel",
		    hostile_call(INTRUDER_PROTOCOL, HOSTILE_POINT_AT_PAGES,
				 svsm_secrets()->svsm_size / PAGE_SIZE, KERNEL_VA, 0, 0)
			    .rcx,
		    0);
}
