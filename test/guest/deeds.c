/*
 * One forbidden deed per image (GUEST_DEED), against what hardware protects: the machine has to end
 * at it. If the guest gets past it, it says so.
 */
#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "console.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "snp/ghcb_msr.h"
#include "svsm.h"
#include "trap.h"
#include "vmsa.h"
#include "x86/paging.h"

#define REASON_WENT_ON 1
#define REASON_SETUP   6
#define VMSA_GPA       (RAM_4K + 0x1000)
#define AREA_GPA       (RAM_4K + 0x2000)

NORETURN void guest_main(void);

static uint64_t pdpt[PT_ENTRIES] ALIGNED(4096);
static uint64_t directory[PT_ENTRIES] ALIGNED(4096);

/* Maps 1 GiB around an address above this guest's own 4 GiB, where it is. */
static void map_high(uint64_t gpa)
{
	uint64_t c_bit = BIT(GHCB_MSR_INFO_CBIT(ghcb_msr_request(GHCB_MSR_SEV_INFO_REQ)));
	uint64_t bits = PTE_PRESENT | PTE_WRITE | c_bit;
	uint64_t *top = (uint64_t *)(uintptr_t)PML4_GPA;
	uint64_t base = align_down(gpa, BIT(30));

	for (uint64_t i = 0; i < PT_ENTRIES; i++) {
		directory[i] = (base + i * PAGE_2M_SIZE) | bits | PTE_LARGE;
	}
	pdpt[pt_index(gpa, 2)] = (uintptr_t)directory | bits;
	top[pt_index(gpa, 3)] = (uintptr_t)pdpt | bits;
	cpu_flush_tlb();
}

static uint64_t svsm_page(void)
{
	uint64_t gpa = svsm_secrets()->svsm_base + PAGE_SIZE;

	map_high(gpa);
	return gpa;
}

/* A save area that the SVSM has taken from this guest. */
static uint64_t vmsa_page(void)
{
	uint32_t result = 0;

	svsm_accept(VMSA_GPA);
	svsm_accept(AREA_GPA);
	vmsa_fill((struct vmsa *)(uintptr_t)VMSA_GPA);
	if (client_create_vcpu(svsm_client(), VMSA_GPA, AREA_GPA, 0, &result) != ERR_OK ||
	    result != SVSM_SUCCESS) {
		console_text("FAIL no VMSA to try it with");
		console_line();
		ghcb_terminate(REASON_SETUP);
	}
	return VMSA_GPA;
}

static void read_word(uint64_t gpa)
{
	(void)*(const volatile uint64_t *)gpa;
}

static void write_word(uint64_t gpa)
{
	*(volatile uint64_t *)gpa = 0;
}

static void run_word(uint64_t gpa)
{
	__asm__ volatile("call *%0" : : "r"(gpa) : "memory");
}

static const struct {
	const char *name;
	uint64_t (*page)(void);
	void (*touch)(uint64_t gpa);
} deeds[] = {
	{"read the SVSM", svsm_page, read_word},   {"write the SVSM", svsm_page, write_word},
	{"execute the SVSM", svsm_page, run_word}, {"write a VMSA", vmsa_page, write_word},
	{"execute a VMSA", vmsa_page, run_word},
};
_Static_assert(GUEST_DEED < ARRAY_SIZE(deeds), "one image per deed");

void guest_main(void)
{
	uint64_t gpa;

	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	gpa = deeds[GUEST_DEED].page();
	console_text("deed: ");
	console_text(deeds[GUEST_DEED].name);
	console_text(" at ");
	console_hex(gpa);
	console_line();
	deeds[GUEST_DEED].touch(gpa);
	console_text("FAIL it went on");
	console_line();
	ghcb_terminate(REASON_WENT_ON);
}
