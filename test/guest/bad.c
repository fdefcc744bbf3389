/* The SVSM's own pages, what is no memory, and addresses that are none. */
#include "bad.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "ghcb.h"
#include "snp/ghcb_msr.h"
#include "svsm.h"

#define LOCAL_APIC UINT64_C(0xfee00000)
#define IO_APIC	   UINT64_C(0xfec00000)
#define HPET	   UINT64_C(0xfed00000)
#define NO_MEMORY  UINT64_C(0x3ffffff000) /* below 256 GiB: no test machine has that much */
#define TOP	   UINT64_C(0xffffffffff000)

enum {
	BAD_SVSM_FIRST,
	BAD_SVSM_MIDDLE,
	BAD_SVSM_LAST,
	BAD_SVSM_AFTER,
	BAD_C_BIT,
	BAD_SVSM_C_BIT,
	BAD_FIXED, /* the rest are constants */
};

static struct bad_address list[] = {
	[BAD_SVSM_FIRST] = {"SVSM's first page", 0},
	[BAD_SVSM_MIDDLE] = {"SVSM's memory", 0},
	[BAD_SVSM_LAST] = {"SVSM's last page", 0},
	[BAD_SVSM_AFTER] = {"after the SVSM", 0},
	[BAD_C_BIT] = {"RAM with the C-bit", 0},
	[BAD_SVSM_C_BIT] = {"SVSM's with the C-bit", 0},
	[BAD_FIXED] = {"local APIC", LOCAL_APIC},
	{"IO-APIC", IO_APIC},
	{"HPET", HPET},
	{"no memory", NO_MEMORY},
	{"highest page of 52 bits", TOP},
	{"highest page of 64 bits", UINT64_C(0xfffffffffffff000)},
};

unsigned int bad_addresses(const struct bad_address **out)
{
	uint64_t base = svsm_secrets()->svsm_base;
	uint64_t bytes = svsm_secrets()->svsm_size;
	uint64_t c_bit = BIT(GHCB_MSR_INFO_CBIT(ghcb_msr_request(GHCB_MSR_SEV_INFO_REQ)));

	list[BAD_SVSM_FIRST].gpa = base;
	list[BAD_SVSM_MIDDLE].gpa = base + align_down(bytes / 2, PAGE_SIZE);
	list[BAD_SVSM_LAST].gpa = base + bytes - PAGE_SIZE;
	list[BAD_SVSM_AFTER].gpa = base + bytes;
	list[BAD_C_BIT].gpa = RAM_4K | c_bit;
	list[BAD_SVSM_C_BIT].gpa = base | c_bit;
	*out = list;
	return ARRAY_SIZE(list);
}
