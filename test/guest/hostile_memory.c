/* The kernel's memory, other services', the guest's; and more of one's own than there is. */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "check.h"
#include "hostile.h"
#include "hostile_cases.h"
#include "msg/image.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "smp.h"
#include "svsm.h"
#include "vmsa.h"

#define VMSA_GPA      (RAM_4K + 0x81000)
#define AREA_GPA      (RAM_4K + 0x82000)
#define UNTOUCHED_GPA (RAM_4K + 0x83000)
#define NOT_CANONICAL UINT64_C(0x8000000000000000)

/* By address, at CPL3: each is an exception. */
static const struct {
	const char *name;
	enum hostile_call call;
	uint64_t address;
} touches[] = {
	{"reads the kernel's image map", HOSTILE_READ, KERNEL_VA},
	{"writes the kernel's image map", HOSTILE_WRITE, KERNEL_VA},
	{"executes the kernel", HOSTILE_EXECUTE, KERNEL_LINK_VA},
	{"reads other services' images", HOSTILE_READ, KERNEL_VA + REGION_BYTES_DEFAULT / 8},
	{"reads the last page of the SVSM", HOSTILE_READ,
	 KERNEL_VA + REGION_BYTES_DEFAULT - PAGE_SIZE},
	{"writes the last page of the SVSM", HOSTILE_WRITE,
	 KERNEL_VA + REGION_BYTES_DEFAULT - PAGE_SIZE},
	{"reads the top of the address space", HOSTILE_READ, UINT64_MAX - 7},
	{"reads the SVSM by its gPA", HOSTILE_READ, REGION_BASE_DEFAULT},
	{"reads the guest by its gPA", HOSTILE_READ, RAM_4K},
	{"reads where another's heap is", HOSTILE_READ, SERVICE_HEAP_VA},
	{"reads another CPU's messages", HOSTILE_READ, SERVICE_MSG_VA + SERVICE_MSG_STRIDE},
	{"reads another CPU's stack", HOSTILE_READ,
	 SERVICE_STACK_VA + 2 * SERVICE_STACK_STRIDE - 2 * PAGE_SIZE},
	{"reads past its messages", HOSTILE_READ, SERVICE_MSG_VA + sizeof(struct msg_buffer)},
	{"reads its guard page", HOSTILE_READ,
	 SERVICE_STACK_VA + SERVICE_STACK_STRIDE - (SERVICE_STACK_PAGES + 2) * PAGE_SIZE},
	{"writes its code", HOSTILE_WRITE, SERVICE_IMAGE_VA},
	{"executes its messages", HOSTILE_EXECUTE, SERVICE_MSG_VA},
	{"reads at 0", HOSTILE_READ, 0},
	{"reads an address that is none", HOSTILE_READ, NOT_CANONICAL},
};

static struct client_call take(uint32_t protocol)
{
	return hostile_call(protocol, HOSTILE_TAKE_MEMORY, 0, 0, 0, 0);
}

static void check_quota(const char *name, uint32_t protocol, uint64_t pages)
{
	struct client_call first = take(protocol);
	struct client_call more = take(protocol);

	check_subject(name);
	hostile_try("its quota and no page more", first.rcx, pages);
	hostile_try("then it is refused", first.rdx, ERR_NOMEM);
	hostile_try("and refused again", more.rcx << 32 | more.rdx, ERR_NOMEM);
	hostile_try("finds nobody's data there", first.r8, 0);
}

/* Its quota is more than the SVSM has: it gets what is left, and nobody misses it. */
static void check_glutton(void)
{
	struct client_call first = take(GLUTTON_PROTOCOL);
	struct client_call again;

	check_subject("takes all memory: ");
	hostile_try("there is an end to it", first.rdx, ERR_NOMEM);
	hostile_try("before its quota's", first.rcx > 0 && first.rcx < GLUTTON_HEAP_PAGES, true);
	hostile_try("finds nobody's data there", first.r8, 0);
	hostile_try("another has its quota still", take(INTRUDER_PROTOCOL).rdx, ERR_NOMEM);
	hostile_deadly("another dies meanwhile", INTRUDER_PROTOCOL, HOSTILE_READ, 0, 0);
	hostile_try("and has its quota back", take(INTRUDER_PROTOCOL).rcx, INTRUDER_HEAP_PAGES);
	hostile_deadly("it dies", GLUTTON_PROTOCOL, HOSTILE_READ, 0, 0);
	again = take(GLUTTON_PROTOCOL);
	hostile_try("gets the same again", again.rcx, first.rcx);
	hostile_try("without what it left there", again.r8, 0);
}

void hostile_cases_memory(void)
{
	check_subject("memory: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(touches); i++) {
		hostile_deadly(touches[i].name, HOSTILE_PROTOCOL, touches[i].call,
			       touches[i].address, 0);
	}
	hostile_try(
		"more pages than there are numbers",
		hostile_call(HOSTILE_PROTOCOL, HOSTILE_SYSCALL + SYS_MEMORY, UINT64_MAX, 0, 0, 0)
			.rcx,
		ERR_NOMEM);
	check_quota("memory of a service without rights: ", HOSTILE_PROTOCOL, HOSTILE_HEAP_PAGES);
	check_quota("memory of another: ", INTRUDER_PROTOCOL, INTRUDER_HEAP_PAGES);
	check_glutton();
}

static uint64_t copy(uint32_t number, uint64_t gpa, uint64_t offset, uint64_t bytes)
{
	return hostile_call(INTRUDER_PROTOCOL, HOSTILE_SYSCALL + number, gpa, offset, bytes, 0).rcx;
}

/* From there and to there. */
static void check_no_copies(const char *name, uint64_t gpa)
{
	check_subject("copies from: ");
	hostile_try(name, copy(SYS_COPY_FROM_GUEST, gpa, 0x3000, 8), ERR_ADDRESS);
	check_subject("copies to: ");
	hostile_try(name, copy(SYS_COPY_TO_GUEST, gpa, 0x3000, 8), ERR_ADDRESS);
}

static const struct {
	const char *name;
	uint64_t offset, bytes;
} outside[] = {
	{"past its buffer", sizeof(struct msg_buffer) - 4, 8},
	{"before its buffer", UINT64_MAX - 3, 8},
	{"far from its buffer", KERNEL_VA, 8},
	{"more than a page", 0, PAGE_SIZE + 1},
	{"everything", 0, UINT64_MAX},
	{"nothing", 0, 0},
};

static void check_vmsa(void)
{
	uint32_t result = 0;

	svsm_accept(VMSA_GPA);
	svsm_accept(AREA_GPA);
	vmsa_fill((struct vmsa *)(uintptr_t)VMSA_GPA);
	check_subject("");
	check_true("a VMSA is made",
		   client_create_vcpu(svsm_client(), VMSA_GPA, AREA_GPA, smp_own_apic_id(),
				      &result) == ERR_OK &&
			   result == SVSM_SUCCESS);
	check_no_copies("a VMSA", VMSA_GPA);
	check_subject("");
	check_true("it is deleted",
		   client_delete_vcpu(svsm_client(), VMSA_GPA, &result) == ERR_OK &&
			   result == SVSM_SUCCESS);
}

void hostile_cases_guest(void)
{
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	for (unsigned int i = 0; i < count; i++) {
		check_no_copies(bad[i].name, bad[i].gpa);
	}
	check_no_copies("memory that is not validated", UNTOUCHED_GPA);
	check_no_copies("across pages", svsm_caa_gpa() + PAGE_SIZE - 4);
	check_vmsa();
	for (unsigned int i = 0; i < ARRAY_SIZE(outside); i++) {
		check_subject("copies with a buffer that is: ");
		hostile_try(outside[i].name,
			    copy(SYS_COPY_FROM_GUEST, RAM_4K, outside[i].offset, outside[i].bytes),
			    ERR_INVALID);
	}
	check_subject("each page of the SVSM: ");
	hostile_try("is copied neither from nor to",
		    hostile_call(INTRUDER_PROTOCOL, HOSTILE_COPY_PAGES,
				 svsm_secrets()->svsm_size / PAGE_SIZE, svsm_secrets()->svsm_base,
				 0, 0)
			    .rcx,
		    0);
}
