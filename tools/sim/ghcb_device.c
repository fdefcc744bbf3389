/* Port, MMIO and MSR requests: done on the machine's own devices, except where guest_io.h says. */
#include "base/bits.h"
#include "base/mem.h"
#include "ghcb.h"
#include "guest_io.h"
#include "host.h"
#include "log.h"
#include "memory.h"
#include "snp/ghcb_msr.h"
#include "stats.h"
#include "x86.h"
#include "x86/apic.h"
#include "x86/msr.h"

#define MMIO_MAX 8

#define APIC_MODE(icr)	  bits_get((icr), 10, 8)
#define APIC_MODE_INIT	  5
#define APIC_MODE_STARTUP 6

#define MSR_TSC		 UINT32_C(0x10)
#define MSR_TSC_DEADLINE UINT32_C(0x6E0)
#define MSR_MISC_ENABLE	 UINT32_C(0x1A0)
#define MSR_MTRR_CAP	 UINT32_C(0xFE)
#define MSR_MTRR_FIRST	 UINT32_C(0x200)
#define MSR_MTRR_LAST	 UINT32_C(0x26F)
#define MSR_MTRR_TYPE	 UINT32_C(0x2FF)

static unsigned int port_size(uint64_t info)
{
	switch (info & (IOIO_SIZE_8 | IOIO_SIZE_16 | IOIO_SIZE_32)) {
	case IOIO_SIZE_8:
		return 1;
	case IOIO_SIZE_16:
		return 2;
	case IOIO_SIZE_32:
		return 4;
	default:
		return 0;
	}
}

static void string_io(struct ghcb_call *call, uint16_t port, unsigned int size)
{
	const struct ghcb_request *r = &call->request;
	uint64_t count = (r->info_1 & IOIO_REP) != 0 ? r->info_2 : 1;
	uint8_t *data;
	uint32_t value;

	if (count > GHCB_BUFFER_BYTES) {
		ghcb_malformed(call, GHCB_BAD_SCRATCH);
		return;
	}
	data = ghcb_scratch(call, count * size);
	for (uint64_t i = 0; data != NULL && i < count; i++, data += size) {
		value = 0;
		if ((r->info_1 & IOIO_IN) != 0) {
			value = guest_io_read(port, size);
			memcpy(data, &value, size);
		} else {
			memcpy(&value, data, size);
			guest_io_write(port, size, value);
		}
	}
}

void ghcb_ioio(struct ghcb_call *call)
{
	const struct ghcb_request *r = &call->request;
	uint16_t port = (uint16_t)(r->info_1 >> IOIO_PORT_SHIFT);
	unsigned int size = port_size(r->info_1);

	stats.events[STATS_IO_REQUEST]++;
	if (size == 0) {
		ghcb_malformed(call, GHCB_BAD_INPUT);
	} else if ((r->info_1 & IOIO_STRING) != 0) {
		string_io(call, port, size);
	} else if ((r->info_1 & IOIO_IN) != 0) {
		GHCB_SET(call, rax, guest_io_read(port, size));
	} else {
		guest_io_write(port, size, (uint32_t)r->rax);
	}
}

static uint64_t mmio_read(uint64_t address, uint64_t bytes)
{
	const volatile void *at = memory_ptr(address);

	switch (bytes) {
	case 1:
		return *(const volatile uint8_t *)at;
	case 2:
		return *(const volatile uint16_t *)at;
	case 4:
		return *(const volatile uint32_t *)at;
	default:
		return *(const volatile uint64_t *)at;
	}
}

static void mmio_write(uint64_t address, uint64_t bytes, uint64_t value)
{
	volatile void *at = memory_ptr(address);

	switch (bytes) {
	case 1:
		*(volatile uint8_t *)at = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)at = value;
		break;
	}
}

/* An INIT or start-up IPI would start a CPU of the machine behind the simulator's back. */
static bool is_forbidden_ipi(uint64_t address, uint64_t value)
{
	uint64_t apic = rdmsr(MSR_APIC_BASE) & MASK(51, 12);

	return address == apic + APIC_ICR_LOW &&
	       (APIC_MODE(value) == APIC_MODE_INIT || APIC_MODE(value) == APIC_MODE_STARTUP);
}

/* A device's address: not the guest's memory, not the simulator's, aligned to its size. */
static bool is_device(const struct ghcb_request *r)
{
	uint64_t spa;

	return is_aligned(r->info_1, r->info_2) && r->info_1 < MEMORY_DIRECT_BYTES &&
	       !memory_find(r->info_1, &spa) && !memory_is_hidden(r->info_1, r->info_2);
}

void ghcb_mmio(struct ghcb_call *call, bool is_write)
{
	const struct ghcb_request *r = &call->request;
	uint64_t value = 0;
	void *data;

	stats.events[STATS_MMIO_REQUEST]++;
	if (r->info_2 == 0 || r->info_2 > MMIO_MAX || (r->info_2 & (r->info_2 - 1)) != 0 ||
	    !is_device(r)) {
		ghcb_malformed(call, GHCB_BAD_INPUT);
		return;
	}
	data = ghcb_scratch(call, r->info_2);
	if (data == NULL) {
		return;
	}
	if (!is_write) {
		value = mmio_read(r->info_1, r->info_2);
		memcpy(data, &value, r->info_2);
		return;
	}
	memcpy(&value, data, r->info_2);
	if (is_forbidden_ipi(r->info_1, value)) {
		log_line("refused: INIT or start-up IPI by VMPL%u rip 0x%lx", call->context->vmpl,
			 call->context->save->rip);
		return;
	}
	mmio_write(r->info_1, r->info_2, value);
}

/* MSRs of the machine that a guest may see; it may write some of them. */
static bool is_machine_msr(uint32_t msr)
{
	return msr == MSR_TSC || msr == MSR_APIC_BASE || msr == MSR_TSC_DEADLINE ||
	       msr == MSR_MISC_ENABLE || msr == MSR_MTRR_CAP || msr == MSR_MTRR_TYPE ||
	       (msr >= MSR_MTRR_FIRST && msr <= MSR_MTRR_LAST && msr != MSR_PAT);
}

/* MSRs that read as zero and take writes without effect, as KVM has them for AMD guests. */
static bool is_silent_msr(uint32_t msr)
{
	static const uint32_t silent[] = {
		0x0000008B, 0x00000017, 0x00000179, 0x0000017A, 0x0000017B, 0x000001D9, 0xC0010010,
		0xC0010015, 0xC001001F, 0xC0010055, 0xC0010058, 0xC0010112, 0xC0010113, 0xC0011020,
		0xC0011022, 0xC0011023, 0xC0011029, 0xC001102A, 0xC0010063, 0xC0010064, 0xC0010299,
		0xC001029A, 0xC001029B, 0x00000048, 0x00000049, 0xC001011F, 0x0000003A,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(silent); i++) {
		if (silent[i] == msr) {
			return true;
		}
	}
	/* Machine check banks and performance counters. */
	return (msr >= 0x400 && msr < 0x480) || (msr >= 0xC0010000 && msr <= 0xC0010007) ||
	       (msr >= 0xC0010200 && msr <= 0xC001020B);
}

static bool is_writable_msr(uint32_t msr)
{
	return msr == MSR_TSC_DEADLINE || (msr >= MSR_MTRR_FIRST && msr <= MSR_MTRR_LAST) ||
	       msr == MSR_MTRR_TYPE;
}

static void msr_refuse(struct ghcb_call *call, uint32_t msr)
{
	log_line("refused: MSR 0x%x, asked by VMPL%u rip 0x%lx: #GP", msr, call->context->vmpl,
		 call->context->save->rip);
	ghcb_inject_gp(call);
}

void ghcb_msr_access(struct ghcb_call *call)
{
	const struct ghcb_request *r = &call->request;
	uint32_t msr = (uint32_t)r->rcx;
	uint64_t value = 0;

	stats.events[STATS_MSR_REQUEST]++;
	if (!is_machine_msr(msr) && !is_silent_msr(msr)) {
		msr_refuse(call, msr);
		return;
	}
	if ((r->info_1 & 1) != 0) {
		if (is_writable_msr(msr)) {
			wrmsr(msr, (r->rdx << 32) | (uint32_t)r->rax);
		}
		return;
	}
	if (is_machine_msr(msr)) {
		value = rdmsr(msr);
	}
	GHCB_SET(call, rax, value & 0xffffffff);
	GHCB_SET(call, rdx, value >> 32);
}
