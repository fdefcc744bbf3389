/*
 * The simulator's own test guest, at VMPL0 and without an SVSM: what an SNP machine does and
 * refuses, one line on COM1 per check, then `N passed, N failed`. A mode (RBX at entry) from 1 to 5
 * ends in one deed that the hardware has to stop.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/mem.h"
#include "guest.h"
#include "snp/cpuid_page.h"
#include "snp/ghcb.h"
#include "snp/ghcb_msr.h"
#include "snp/rmp.h"
#include "snp/secrets.h"
#include "snp/vmsa.h"
#include "x86/desc.h"

#define CPUID_GPA   UINT64_C(0xe000)
#define PAGE_A	    UINT64_C(0x400000) /* start of a 2M area nobody has used */
#define SHARE_C	    UINT64_C(0x800000)
#define VMSA_GPA    UINT64_C(0xa01000)
#define REAL_GPA    UINT64_C(0x90000)
#define VECTORS_GPA UINT64_C(0x5000)

#define MODE_INTERRUPTS 6
#define SELECTOR_CODE	0x08

#define COM1		      0x3f8
#define EXCEPTION	      BIT(63)
#define RAISED(vector, error) (EXCEPTION | ((uint64_t)(vector) << 32) | (error))
#define CARRY		      BIT(31)

extern uint32_t entry_mode;
extern uint32_t entry_c_bit;
extern uint32_t entry_vc_32_ok;
extern const char stub_6[];
extern const char stub_13[];
extern const char stub_14[];
extern const char stub_29[];
extern const char real_code[];
extern const char real_vc[];
extern const char real_end[];

insn insn_read;
insn insn_write;
insn insn_rmpquery;
insn insn_cpuid;
insn insn_vmgexit;
uint64_t guest_exception(uint64_t vector, uint64_t error, uint64_t cr2);
void guest_main(void);

static struct x86_gate idt[GUEST_INTERRUPTS + 2] ALIGNED(16);
static uint64_t last_cr2;
static unsigned int passed;
static unsigned int failed;
static bool has_console;

/* Lies at entry_try()'s return address: its result is entry_try()'s. */
uint64_t guest_exception(uint64_t vector, uint64_t error, uint64_t cr2)
{
	last_cr2 = cr2;
	return RAISED(vector, error);
}

static uint64_t vmgexit(uint64_t msr)
{
	return entry_try(insn_vmgexit, msr, 0, 0);
}

volatile struct ghcb *guest_ghcb(void)
{
	return (volatile struct ghcb *)(GHCB_GPA + SHARED);
}

void guest_ghcb_mark(size_t bit)
{
	guest_ghcb()->valid_bitmap[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

/* An event; the caller has put its other inputs. Returns EXITINFO1 << 32 | EXITINFO2, shortened. */
uint64_t guest_event(uint64_t code, uint64_t info_1, uint64_t info_2)
{
	GHCB_PUT(exit_code, code);
	GHCB_PUT(exit_info_1, info_1);
	GHCB_PUT(exit_info_2, info_2);
	(void)vmgexit(GHCB_GPA);
	return (guest_ghcb()->exit_info_1 << 32) | (uint32_t)guest_ghcb()->exit_info_2;
}

static uint64_t port_out(uint16_t port, uint64_t size, uint32_t value)
{
	GHCB_PUT(rax, value);
	return guest_event(EXIT_IOIO, ((uint64_t)port << IOIO_PORT_SHIFT) | size | IOIO_ADDR_16, 0);
}

void guest_put_char(char c)
{
	(void)port_out(COM1, IOIO_SIZE_8, (uint8_t)c);
}

void guest_put_text(const char *text)
{
	for (; *text != '\0'; text++) {
		guest_put_char(*text);
	}
}

static void put_hex(uint64_t value)
{
	bool is_on = false;

	for (int shift = 60; shift >= 0; shift -= 4) {
		is_on = is_on || (value >> shift) != 0 || shift == 0;
		if (is_on) {
			guest_put_char("0123456789abcdef"[value >> shift & 15]);
		}
	}
}

void guest_check(const char *what, uint64_t got, uint64_t want)
{
	if (got == want) {
		passed++;
	} else {
		failed++;
	}
	if (!has_console) {
		return;
	}
	guest_put_text(got == want ? "ok " : "FAIL ");
	guest_put_text(what);
	if (got != want) {
		guest_put_text(": ");
		put_hex(got);
		guest_put_text(", expected ");
		put_hex(want);
	}
	guest_put_text("\r\n");
}

static uint64_t read(uint64_t at)
{
	return entry_try(insn_read, at, 0, 0);
}

static uint64_t write(uint64_t at, uint64_t value)
{
	return entry_try(insn_write, at, value, 0);
}

static uint64_t pvalidate(uint64_t at, enum rmp_page_size size, bool validate)
{
	return entry_try(insn_pvalidate, at, size, validate);
}

static uint64_t rmpadjust(uint64_t at, enum rmp_page_size size, uint64_t attributes)
{
	return entry_try(insn_rmpadjust, at, size, attributes);
}

void guest_set_gate(unsigned int vector, const char *handler)
{
	idt[vector] = x86_interrupt_gate((uint64_t)(uintptr_t)handler, SELECTOR_CODE, 0);
}

static void load_idt(void)
{
	struct x86_table_pointer pointer = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	guest_set_gate(6, stub_6);
	guest_set_gate(13, stub_13);
	guest_set_gate(14, stub_14);
	guest_set_gate(29, stub_29);
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

static uint32_t own_apic_id;

/* Before there is a GHCB: everything is counted, nothing is told. */
static void test_msr_protocol(void)
{
	uint64_t info = vmgexit(GHCB_MSR_SEV_INFO_REQ);

	own_apic_id = GHCB_MSR_CPUID_VALUE(vmgexit(GHCB_MSR_CPUID_EBX(1))) >> 24;
	guest_check("SEV_INFO names the C-bit", GHCB_MSR_INFO_CBIT(info), entry_c_bit);
	guest_check("SEV_INFO version", GHCB_MSR_INFO_MAX(info), 2);
	guest_check("CPUID request",
		    GHCB_MSR_CPUID_VALUE(vmgexit(GHCB_MSR_CPUID_EBX(0x8000001F))) & 0x3f,
		    entry_c_bit);
	guest_check("features", vmgexit(GHCB_MSR_HV_FEATURES_REQ) >> 12, 0x33);
	guest_check("no VMPL2 to run yet", vmgexit(GHCB_MSR_RUN_VMPL_REQ | UINT64_C(2) << 32),
		    GHCB_MSR_RUN_VMPL_RESP | BIT(32));
	guest_check("preferred GHCB address", vmgexit(GHCB_MSR_PREFERRED_GPA_REQ),
		    GHCB_MSR_PREFERRED_GPA_RESP | ~UINT64_C(0xfff));
	guest_check("PSC", vmgexit(GHCB_MSR_PSC_REQ | GHCB_GPA | GHCB_MSR_PSC_SHARED),
		    GHCB_MSR_PSC_RESP);
}

static void test_ghcb(void)
{
	memset((void *)(GHCB_GPA + SHARED), 0, sizeof(struct ghcb));
	guest_check("GHCB not registered", guest_event(GHCB_EVENT_HV_FEATURES, 0, 0),
		    BAD(GHCB_BAD_NOT_REGISTERED));
	guest_check("register", vmgexit(GHCB_MSR_REGISTER_GPA_REQ | GHCB_GPA),
		    GHCB_MSR_REGISTER_GPA_RESP | GHCB_GPA);
	guest_check("features by event", guest_event(GHCB_EVENT_HV_FEATURES, 0, 0), 0x33);
	guest_ghcb()->usage = 1;
	guest_check("usage", guest_event(GHCB_EVENT_HV_FEATURES, 0, 0), BAD(GHCB_BAD_USAGE));
	guest_ghcb()->usage = 0;
	guest_check("unknown event", guest_event(0x8000BEEF, 0, 0), BAD(GHCB_BAD_EVENT));
	guest_check("MSR without RCX", guest_event(EXIT_MSR, 0, 0), BAD(GHCB_BAD_MISSING_INPUT));
	GHCB_PUT(rcx, 0xC0DE);
	guest_check("unknown MSR", guest_event(EXIT_MSR, 0, 0) >> 32, GHCB_RESULT_EXCEPTION);
}

static void test_exceptions(void)
{
	guest_check("#VC in 32-bit code", entry_vc_32_ok, 1);
	guest_check("#VC by CPUID", entry_try(insn_cpuid, 0, 0, 0), RAISED(29, EXIT_CPUID));
	guest_check("no device here: #VC", read(SHARED + 0x20000000), RAISED(29, EXIT_NPF));
	guest_check("beyond the tables: #PF", read(UINT64_C(0x80000000)) >> 32,
		    RAISED(14, 0) >> 32);
	guest_check("CR2", last_cr2, UINT64_C(0x80000000));
}

static void test_pvalidate(void)
{
	guest_check("not validated", read(PAGE_A), RAISED(29, EXIT_NOT_VALIDATED));
	guest_check("its CR2", last_cr2, PAGE_A);
	guest_check("not validated, by RMPADJUST",
		    rmpadjust(PAGE_A, RMP_4K, RMPADJUST_ATTR(1, 1, false)),
		    RAISED(29, EXIT_NOT_VALIDATED));
	guest_check("validates 4K of 2M", pvalidate(PAGE_A, RMP_4K, true), RMP_OK);
	guest_check("again: CF", pvalidate(PAGE_A, RMP_4K, true), CARRY);
	guest_check("2M of 4K entries", pvalidate(PAGE_A, RMP_2M, true), RMP_FAIL_SIZEMISMATCH);
	guest_check("2M misaligned", pvalidate(PAGE_A + PAGE_SIZE, RMP_2M, true), RMP_FAIL_INPUT);
	guest_check("the neighbour is not validated", read(PAGE_A + PAGE_SIZE),
		    RAISED(29, EXIT_NOT_VALIDATED));
	guest_check("writes", write(PAGE_A, 0x11223344), 0x11223344);
	guest_check("not mapped", pvalidate(UINT64_C(0x80000000), RMP_4K, true) >> 32,
		    RAISED(14, 0) >> 32);
	guest_check("through a shared mapping", pvalidate(PAGE_A + SHARED, RMP_4K, true) >> 32,
		    RAISED(13, 0) >> 32);
	guest_check("validates 2M", pvalidate(AREA_B, RMP_2M, true), RMP_OK);
	guest_check("writes at its end", write(AREA_B + PAGE_2M_SIZE - 8, 7), 7);
	guest_check("rescinds 2M", pvalidate(AREA_B, RMP_2M, false), RMP_OK);
	guest_check("stale until a flush", read(AREA_B + PAGE_2M_SIZE - 8), 7);
	guest_check("flush without an ASID", entry_try(insn_flush, 0x28, 0, 0), RAISED(13, 0));
	guest_check("flush of another ASID", entry_try(insn_flush, FLUSH_ALL, 1, 0), RAISED(13, 0));
	guest_check("flush with reserved bits", entry_try(insn_flush, 0x6C, 0, 0), RAISED(13, 0));
	guest_check("stale all the same", read(AREA_B + PAGE_2M_SIZE - 8), 7);
	guest_check("flush", entry_try(insn_flush, FLUSH_ALL, 0, 0), 0);
	guest_check("gone after it", read(AREA_B + PAGE_2M_SIZE - 8),
		    RAISED(29, EXIT_NOT_VALIDATED));
	guest_check("validates it again", pvalidate(AREA_B, RMP_2M, true), RMP_OK);
}

static void test_rmpadjust(void)
{
	guest_check("grants", rmpadjust(PAGE_A, RMP_4K, RMPADJUST_ATTR(2, VMPL_RWX, false)),
		    RMP_OK);
	guest_check("queries", entry_try(insn_rmpquery, PAGE_A, 2, 0),
		    (UINT64_C(2) | (uint64_t)VMPL_RWX << 8) << 32);
	guest_check("its own VMPL", rmpadjust(PAGE_A, RMP_4K, RMPADJUST_ATTR(0, 1, false)),
		    RMP_FAIL_PERMISSION);
	guest_check("write without read", rmpadjust(PAGE_A, RMP_4K, RMPADJUST_ATTR(2, 2, false)),
		    RMP_FAIL_INPUT);
	guest_check("2M of 4K entries", rmpadjust(PAGE_A, RMP_2M, RMPADJUST_ATTR(2, 1, false)),
		    RMP_FAIL_SIZEMISMATCH);
	guest_check("2M", rmpadjust(AREA_B, RMP_2M, RMPADJUST_ATTR(2, 1, false)), RMP_OK);
}

static void psc_put(unsigned int index, uint64_t entry)
{
	volatile struct psc *list = (volatile struct psc *)guest_ghcb()->buffer;

	list->entries[index] = entry;
	list->header.cur_entry = 0;
	list->header.end_entry = (uint16_t)index;
}

void guest_share(uint64_t gpa)
{
	GHCB_PUT(scratch, GHCB_GPA + offsetof(struct ghcb, buffer));
	psc_put(0, gpa | (uint64_t)PSC_OP_SHARED << 52);
	(void)guest_event(GHCB_EVENT_PSC, 0, 0);
}

static void test_page_states(void)
{
	GHCB_PUT(scratch, GHCB_GPA + offsetof(struct ghcb, buffer));
	psc_put(0, SHARE_C | (uint64_t)PSC_OP_SHARED << 52);
	psc_put(1, (SHARE_C + PAGE_SIZE) | (uint64_t)PSC_OP_SHARED << 52);
	guest_check("list", guest_event(GHCB_EVENT_PSC, 0, 0), 0);
	guest_check("all done", ((volatile struct psc *)guest_ghcb()->buffer)->header.cur_entry, 2);
	guest_check("shared is readable", read(SHARE_C + SHARED), 0);
	guest_check("and writable", write(SHARE_C + SHARED, 5), 5);
	guest_check("private access to it: #VC", read(SHARE_C), RAISED(29, EXIT_NOT_VALIDATED));
	guest_check("which made it private", pvalidate(SHARE_C, RMP_4K, true), RMP_OK);
	guest_check("with other contents", read(SHARE_C) == 5, false);
	guest_check("shared access to a private page", read(PAGE_A + SHARED), 0);
	guest_check("takes it away", read(PAGE_A), RAISED(29, EXIT_NOT_VALIDATED));
	GHCB_PUT(scratch, GHCB_GPA + offsetof(struct ghcb, buffer));
	psc_put(0, SHARE_C | UINT64_C(9) << 52);
	guest_check("unknown operation", guest_event(GHCB_EVENT_PSC, 0, 0),
		    PSC_ERROR_INVALID_ENTRY & 0xf);
	GHCB_PUT(scratch, GHCB_GPA);
	guest_check("scratch outside the buffer", guest_event(GHCB_EVENT_PSC, 0, 0),
		    BAD(GHCB_BAD_SCRATCH));
}

static uint64_t mmio_read(uint64_t address, uint64_t bytes)
{
	GHCB_PUT(scratch, GHCB_GPA + offsetof(struct ghcb, buffer));
	return guest_event(GHCB_EVENT_MMIO_READ, address, bytes);
}

/* One transfer of fw_cfg's signature to an address; true: the device reports success. */
static uint64_t fwcfg_dma(uint64_t control_at, uint64_t to)
{
	volatile uint32_t *dma = (volatile uint32_t *)(SHARE_C + PAGE_SIZE + SHARED);

	dma[0] = __builtin_bswap32(8 | 2);
	dma[1] = __builtin_bswap32(4);
	dma[2] = 0;
	dma[3] = __builtin_bswap32((uint32_t)to);
	(void)port_out(0x514, IOIO_SIZE_32, 0);
	(void)port_out(0x518, IOIO_SIZE_32, __builtin_bswap32((uint32_t)control_at));
	return __builtin_bswap32(dma[0]);
}

static void test_devices(void)
{
	const uint64_t shared_page = SHARE_C + PAGE_SIZE;

	guest_check("LAPIC version", mmio_read(0xfee00030, 4), 0);
	guest_check("is one", guest_ghcb()->buffer[0] >= 0x10, true);
	guest_check("MMIO of three bytes", mmio_read(0xfee00030, 3), BAD(GHCB_BAD_INPUT));
	guest_check("MMIO of RAM", mmio_read(PAGE_A, 4), BAD(GHCB_BAD_INPUT));
	/* The test runs with 256 MiB: the simulator is at their end. */
	guest_check("MMIO of the simulator", mmio_read(0xfe00000, 4), BAD(GHCB_BAD_INPUT));
	guest_check("fw_cfg DMA", fwcfg_dma(shared_page, shared_page + 64), 0);
	guest_check("brings the signature", read(shared_page + 64 + SHARED), 0x554d4551);
	guest_check("fw_cfg DMA to private memory", fwcfg_dma(shared_page, AREA_B), 1);
	guest_check("fw_cfg DMA to the simulator", fwcfg_dma(shared_page, 0xfe00000), 1);
	guest_check("fw_cfg DMA from private memory", fwcfg_dma(AREA_B, shared_page + 64), 8 | 2);
	(void)guest_event(EXIT_IOIO, UINT64_C(0xe9) << 16 | IOIO_IN | IOIO_SIZE_8 | IOIO_ADDR_16,
			  0);
	guest_check("the simulator's log is not there", guest_ghcb()->rax & 0xff, 0xff);
}

static void test_pages(void)
{
	const struct secrets_page *secrets = (const struct secrets_page *)SECRETS;
	const struct cpuid_page *page = (const struct cpuid_page *)CPUID_GPA;
	uint64_t key[4];

	memcpy(key, secrets->vmpck[0], sizeof(key));
	guest_check("VMPCK0 is random", (key[0] | key[1]) != 0 && key[0] != key[1], true);
	guest_check("VMPCKs differ", memcmp(secrets->vmpck[0], secrets->vmpck[3], VMPCK_BYTES) != 0,
		    true);
	guest_check("highest leaf", page->entries[0].eax, 0xB);
	guest_check("the page has this CPU's APIC id", page->entries[1].ebx >> 24, own_apic_id);
	guest_check("in leaf 0xB as well", page->entries[10].edx, own_apic_id);
	guest_check("in leaf 8000001E as well", page->entries[28].eax, own_apic_id);
}

static void test_apic_ids(void)
{
	const uint64_t list = SHARE_C + PAGE_SIZE; /* shared by test_page_states() */
	const uint32_t *ids = (const uint32_t *)(list + SHARED);

	GHCB_PUT(rax, 1);
	(void)guest_event(GHCB_EVENT_GET_APIC_IDS, list, 0);
	guest_check("the host has one vCPU", ids[0], 1);
	guest_check("the host lists this CPU", ids[1], own_apic_id);
}

static struct vmsa *make_vmsa(void)
{
	struct vmsa *v = (struct vmsa *)VMSA_GPA;
	const struct vmsa_segment data = {0, 0x93, 0xffff, 0};

	memset(v, 0, sizeof(*v));
	v->es = data;
	v->ds = data;
	v->ss = data;
	v->fs = data;
	v->gs = data;
	v->cs = (struct vmsa_segment){REAL_GPA >> 4, 0x9b, 0xffff, REAL_GPA};
	v->gdtr.limit = 0xffff;
	v->idtr = (struct vmsa_segment){0, 0, 0xffff, VECTORS_GPA};
	v->ldtr = (struct vmsa_segment){0, 0x82, 0xffff, 0};
	v->tr = (struct vmsa_segment){0, 0x8b, 0xffff, 0};
	v->vmpl = 2;
	v->efer = BIT(12);
	v->cr0 = 0x10;
	v->dr6 = VMSA_RESET_DR6;
	v->dr7 = VMSA_RESET_DR7;
	v->rflags = 2;
	v->rsp = 0x7ff0;
	v->g_pat = VMSA_RESET_PAT;
	v->xcr0 = 1;
	v->mxcsr = VMSA_RESET_MXCSR;
	v->x87_ftw = VMSA_RESET_FTW;
	v->x87_fcw = VMSA_RESET_FCW;
	v->sev_features = SEV_FEATURE_SNP_ACTIVE;
	v->rbx = 0xb0b0;
	v->xmm[0] = 0x77;
	return v;
}

static void give(uint64_t gpa, uint8_t perms)
{
	(void)pvalidate(gpa, RMP_4K, true);
	memset((void *)gpa, 0, PAGE_SIZE);
	(void)rmpadjust(gpa, RMP_4K, RMPADJUST_ATTR(2, perms, false));
}

/* A vector table, a stack and code in real mode for VMPL2. */
static struct vmsa *prepare_vmpl2(void)
{
	volatile uint16_t *vector = (volatile uint16_t *)(VECTORS_GPA + 4 * 29);

	give(VECTORS_GPA, VMPL_READ | VMPL_WRITE);
	give(0x7000, VMPL_READ | VMPL_WRITE);
	give(REAL_GPA, VMPL_RWX);
	memcpy((void *)REAL_GPA, real_code, (size_t)(real_end - real_code));
	vector[0] = (uint16_t)(real_vc - real_code);
	vector[1] = REAL_GPA >> 4;
	(void)pvalidate(VMSA_GPA, RMP_4K, true);
	return make_vmsa();
}

static uint64_t create(uint64_t action, uint64_t vmsa)
{
	GHCB_PUT(rax, SEV_FEATURE_SNP_ACTIVE);
	return guest_event(GHCB_EVENT_AP_CREATION, AP_CREATION_INFO(own_apic_id, 2, action),
			   vmsa);
}

static void test_vmpl2(void)
{
	struct vmsa *v = prepare_vmpl2();

	guest_check("VMSA page", rmpadjust(VMSA_GPA, RMP_4K, RMPADJUST_ATTR(2, 0, true)), RMP_OK);
	guest_check("VMSA at 2 MiB", create(AP_CREATE_ON_INIT, PAGE_A), BAD(GHCB_BAD_INPUT));
	guest_check("create", create(AP_CREATE_ON_INIT, VMSA_GPA), 0);
	guest_check("runs VMPL2", vmgexit(GHCB_MSR_RUN_VMPL_REQ | UINT64_C(2) << 32),
		    GHCB_MSR_RUN_VMPL_RESP);
	guest_check("#VC in real mode", v->rax & 0xffff, 0x1234);
	guest_check("RBX is kept", v->rbx, 0xb0b0);
	guest_check("XMM is kept", v->xmm[0], 0x77);
	guest_check("exit code", v->guest_exitcode, EXIT_VMGEXIT);
	v->rax = 0xAAAA;
	guest_check("runs VMPL2 by event", guest_event(GHCB_EVENT_RUN_VMPL, 2, 0), 0);
	guest_check("it went on", v->rax & 0xffff, 0x5678);
	guest_check("no VMPL3", guest_event(GHCB_EVENT_RUN_VMPL, 3, 0), BAD(GHCB_BAD_INPUT));
}

static void summary(void)
{
	char digits[8];
	unsigned int values[2] = {passed, failed};

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int count = 0;

		do {
			digits[count++] = (char)('0' + values[i] % 10);
			values[i] /= 10;
		} while (values[i] != 0);
		while (count > 0) {
			guest_put_char(digits[--count]);
		}
		guest_put_text(i == 0 ? " passed, " : " failed\r\n");
	}
}

/* What the machine has to stop: the run ends in each of these. */
static void misbehave(uint32_t mode)
{
	struct vmsa *v = prepare_vmpl2();

	(void)rmpadjust(VMSA_GPA, RMP_4K, RMPADJUST_ATTR(2, 0, mode != 1));
	if (mode == 2) {
		v->efer = 0;
	}
	if (mode == 3) {
		v->vmpl = 1;
	}
	if (mode == 4) {
		(void)rmpadjust(REAL_GPA, RMP_4K, RMPADJUST_ATTR(2, VMPL_READ, false));
	}
	if (mode == 5) {
		(void)rmpadjust(0x7000, RMP_4K, RMPADJUST_ATTR(2, VMPL_READ, false));
	}
	(void)create(AP_CREATE_ON_INIT, VMSA_GPA);
	(void)vmgexit(GHCB_MSR_RUN_VMPL_REQ | UINT64_C(2) << 32);
	guest_put_text("still alive\r\n");
}

static void test_all(void)
{
	test_exceptions();
	test_pvalidate();
	test_rmpadjust();
	test_page_states();
	test_devices();
	test_pages();
	test_apic_ids();
	guest_psp_test();
	test_vmpl2();
}

void guest_main(void)
{
	load_idt();
	test_msr_protocol();
	test_ghcb();
	has_console = true;
	guest_check("before the console", failed, 0);
	if (entry_mode == MODE_INTERRUPTS) {
		guest_interrupt_test();
		summary();
	} else if (entry_mode != 0) {
		misbehave(entry_mode);
	} else {
		test_all();
		summary();
	}
	(void)vmgexit(GHCB_MSR_TERMINATE(0, 0));
}
