/*
 * sev-report VMPL <QUESTION >ANSWER: asks the PSP for a report at a VMPL, through Linux's sev-guest
 * driver and nothing in between. configfs-tsm refuses the levels above the guest's own by itself;
 * this program shows that the firmware does.
 *
 * The question is 64 bytes, the answer the firmware's whole response. Exit status: 0 a report, 5
 * the firmware's status says no, 3 the driver says no. A program of a few system calls for the
 * guest's RAM disk, without a C library.
 */
#include <linux/ioctl.h>
#include <linux/sev-guest.h>
#include <stdint.h>

#define SYS_READ  0
#define SYS_WRITE 1
#define SYS_OPEN  2
#define SYS_IOCTL 16
#define SYS_EXIT  60
#define READ_WRITE 2

#define EXIT_USAGE   2
#define EXIT_DRIVER  3
#define EXIT_REFUSED 5

void sev_report_start(const uint64_t *stack) __attribute__((noreturn));

static int64_t call(int64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return number;
}

static void __attribute__((noreturn)) leave(int64_t status)
{
	for (;;) {
		call(SYS_EXIT, (uint64_t)status, 0, 0);
	}
}

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* Whether the driver had an answer of the firmware, which is in `response` then. */
static int ask(struct snp_report_req *request, struct snp_report_resp *response)
{
	static const char path[] = "/dev/sev-guest";
	struct snp_guest_request_ioctl io = {
		.msg_version = 1,
		.req_data = address(request),
		.resp_data = address(response),
	};
	int64_t device = call(SYS_OPEN, address(path), READ_WRITE, 0);

	return device >= 0 && call(SYS_IOCTL, (uint64_t)device, SNP_GET_REPORT, address(&io)) == 0;
}

void sev_report_start(const uint64_t *stack)
{
	static struct snp_report_req request;
	static struct snp_report_resp response;
	const char *vmpl = stack[0] == 2 ? (const char *)(uintptr_t)stack[2] : "";

	if (vmpl[0] < '0' || vmpl[0] > '3' || vmpl[1] != '\0' ||
	    call(SYS_READ, 0, address(request.user_data), sizeof(request.user_data)) !=
		    sizeof(request.user_data)) {
		leave(EXIT_USAGE);
	}
	request.vmpl = (uint32_t)(vmpl[0] - '0');
	if (!ask(&request, &response)) {
		leave(EXIT_DRIVER);
	}
	call(SYS_WRITE, 1, address(response.data), sizeof(response.data));
	/* The response begins with the firmware's status, little-endian. */
	leave((response.data[0] | response.data[1] | response.data[2] | response.data[3]) == 0
		      ? 0
		      : EXIT_REFUSED);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall sev_report_start\n");
