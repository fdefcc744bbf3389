/*
 * The guest's start: low memory handed back empty and unvalidated, only the firmware's pages and
 * sections granted, its copies of secrets and CPUID, its first vCPU; every step failing.
 */
#include "boot/firmware.h"

#include "boot/bootinfo.h"
#include "ipc/service.h"
#include "mm/pool.h"
#include "snp/ghcb.h"
#include "snp/ovmf.h"
#include "vcpu/cpus.h"
#include "vcpu/vcpu.h"
#include "world.h"
#include "x86/msr.h"

static struct secrets_page *own_secrets(void)
{
	return (void *)((uint8_t *)fake_image() + WORLD_SECRETS_PAGE * PAGE_SIZE);
}

static void start(unsigned int vmpl)
{
	const struct world world = { .cpus = 1, .guest_vmpl = vmpl };

	world_pool(&world);
	for (unsigned int i = 0; i < 4; i++) {
		memset(own_secrets()->vmpck[i], 0xC0 + (int)i, VMPCK_BYTES);
	}
	own_secrets()->fms = 0x1234;
	fake_cpuid.count = 1;
	fake_cpuid.entries[0] = (struct cpuid_entry){ .eax_in = 1, .eax = 0xA20F11 };
	fake_host.apic_ids[0] = 7;
	fake_host.apic_id_count = 1;
	memset(fake_at(WORLD_LOW), 0x90, WORLD_LOW_PAGES * PAGE_SIZE);
	memset(fake_at(0x800000), 0x55, 0x9000);
	memset(fake_at(WORLD_FIRMWARE), 0xF0, WORLD_FIRMWARE_BYTES);
	CHECK_EQ(bootinfo_read(fake_image()), ERR_OK);
	CHECK_EQ(cpus_start(fake_image()), ERR_OK);
	fake_host.requests = 0;
	fake_trace.count = 0;
	fake_trace.instructions = 0;
}

/* Exactly this much of guest memory is the guest's: all else stays unvalidated. */
static bool is_granted_at_start(uint64_t at)
{
	return (at >= WORLD_FIRMWARE && at < WORLD_FIRMWARE + WORLD_FIRMWARE_BYTES) ||
	       (at >= 0x800000 && at < 0x809000) ||
	       (at >= WORLD_SECRETS && at <= WORLD_CAA);
}

static void check_memory(unsigned int vmpl)
{
	for (uint64_t at = 0; at < FAKE_GUEST_BYTES; at += PAGE_SIZE) {
		bool want = is_granted_at_start(at);

		CHECK_EQ(fake_is_validated(at), want);
		for (unsigned int i = 1; i < VMPL_COUNT; i++) {
			CHECK_EQ(fake_may(at, i, VMPL_RWX), want && i <= vmpl);
			CHECK_EQ(fake_may(at, i, VMPL_READ), want && i <= vmpl);
		}
		CHECK_EQ(world_state(at),
			 at == WORLD_CAA ? PAGE_CAA : want ? PAGE_GUEST : PAGE_FREE);
	}
}

static void check_contents(unsigned int vmpl)
{
	static const uint8_t zeros[0x9000];
	const struct secrets_page *secrets = fake_at(WORLD_SECRETS);

	CHECK_MEM(fake_at(WORLD_LOW), zeros, WORLD_LOW_PAGES * PAGE_SIZE);
	CHECK_MEM(fake_at(0x800000), zeros, sizeof(zeros));
	CHECK_MEM(fake_at(WORLD_CAA), zeros, PAGE_SIZE);
	CHECK_MEM(fake_at(WORLD_CPUID), &fake_cpuid, PAGE_SIZE);
	CHECK_EQ(*(const uint8_t *)fake_at(WORLD_FIRMWARE), 0xF0);
	CHECK_EQ(secrets->svsm_guest_vmpl, vmpl);
	CHECK_EQ(secrets->svsm_caa, WORLD_CAA);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(secrets->vmpck[i][0], i < vmpl ? 0 : 0xC0 + i);
		CHECK_EQ(own_secrets()->vmpck[i][31], 0xC0 + i);
	}
}

static void check_vcpu(unsigned int vmpl)
{
	const struct vmsa *vmsa = fake_at(fake_host.vcpu_vmsa);

	CHECK_EQ(fake_host.vcpu_apic_id, 7);
	CHECK_EQ(fake_host.vcpu_vmpl, vmpl);
	CHECK_EQ(fake_host.vcpu_action, AP_CREATE_ON_INIT);
	CHECK_EQ(fake_host.vcpu_features, FAKE_FEATURES);
	CHECK(fake_is_vmsa(fake_host.vcpu_vmsa));
	CHECK(!is_aligned(fake_host.vcpu_vmsa, PAGE_2M_SIZE));
	CHECK(gpa_range_has(pool_region(), gpa(fake_host.vcpu_vmsa), PAGE_SIZE));
	CHECK_EQ(vmsa->vmpl, vmpl);
	CHECK_EQ(vmsa->rdx, 0xA20F11);
	CHECK_EQ(vcpu_this()->vmpl, vmpl);
}

static void check_start(unsigned int vmpl)
{
	start(vmpl);
	ROW("starts");
	CHECK_EQ(firmware_start(fake_image()), ERR_OK);
	ROW("memory");
	check_memory(vmpl);
	ROW("contents");
	check_contents(vmpl);
	ROW("vCPU");
	check_vcpu(vmpl);
}

WORLD_TEST(starts_at_vmpl1)
{
	check_start(1);
}

WORLD_TEST(starts_at_vmpl2)
{
	check_start(2);
}

WORLD_TEST(starts_at_vmpl3)
{
	check_start(3);
}


static void check_fails(const char *name, void (*spoil)(void), enum err want)
{
	ROW(name);
	start(2);
	spoil();
	CHECK_EQ(firmware_start(fake_image()), want);
	CHECK_EQ(fake_host.vcpu_vmsa, 0);
}

static void no_caa(void)
{
	fake_image()->section_count--;
}

static void low_is_shared(void)
{
	fake_take(WORLD_LOW + PAGE_SIZE);
}

static void firmware_is_shared(void)
{
	fake_take(WORLD_FIRMWARE + PAGE_SIZE);
}

static void section_is_validated(void)
{
	fake_give(0x801000, 0);
}

static void section_is_the_svsms(void)
{
	fake_image()->sections[0].base = FAKE_GUEST_BYTES;
}

static void no_memory(void)
{
	CHECK(pool_alloc(pool_free_pages()) != NULL);
}

static void host_refuses(void)
{
	fake_host.fails_at = 1;
}

static void last_rmpadjust_fails(void)
{
	/* 4 low pages, 16 pages of firmware and 12 of sections for two VMPLs, and the VMSA's. */
	fake_trace.fault_at = 4 + 16 * 2 + 12 * 3 + 1;
}

WORLD_TEST(needs_a_calling_area)
{
	check_fails("no calling area", no_caa, ERR_FORMAT);
}

WORLD_TEST(needs_its_low_memory)
{
	check_fails("low memory was taken", low_is_shared, ERR_FAULT);
}

WORLD_TEST(needs_its_firmware)
{
	check_fails("firmware was taken", firmware_is_shared, ERR_FAULT);
}

/* The host had it validated already, or the PSP did: then it may hold anything. */
WORLD_TEST(needs_fresh_sections)
{
	check_fails("a section is validated", section_is_validated, ERR_NOCHANGE);
}

WORLD_TEST(needs_sections_in_memory)
{
	check_fails("a section outside of memory", section_is_the_svsms, ERR_ADDRESS);
}

WORLD_TEST(needs_memory)
{
	check_fails("no memory", no_memory, ERR_NOMEM);
}

WORLD_TEST(needs_its_host)
{
	check_fails("the host refuses the vCPU", host_refuses, ERR_HOST);
}

WORLD_TEST(needs_its_vmsa)
{
	check_fails("the VMSA cannot be made", last_rmpadjust_fails, ERR_FAULT);
}


TEST(secrets)
{
	static struct secrets_page own, copy;
	struct image_map image = { .region_base = 0x8000000000, .region_bytes = 0x800000 };

	memset(&own, 0xEE, sizeof(own));
	for (uint32_t vmpl = 1; vmpl <= 3; vmpl++) {
		ROW("keys of more privileged VMPLs are gone, all else is kept");
		image.guest_vmpl = vmpl;
		memset(&copy, 0x11, sizeof(copy));
		firmware_make_secrets(&copy, &own, &image, 0x80F000);
		for (unsigned int i = 0; i < 4; i++) {
			for (unsigned int b = 0; b < VMPCK_BYTES; b++) {
				CHECK_EQ(copy.vmpck[i][b], i < vmpl ? 0 : 0xEE);
			}
		}
		CHECK_EQ(copy.svsm_base, 0x8000000000);
		CHECK_EQ(copy.svsm_size, 0x800000);
		CHECK_EQ(copy.svsm_caa, 0x80F000);
		CHECK_EQ(copy.svsm_max_version, 1);
		CHECK_EQ(copy.svsm_guest_vmpl, vmpl);
		CHECK_MEM(copy.os_area, own.os_area, sizeof(own.os_area));
		CHECK_MEM(copy.gosvw, own.gosvw, sizeof(own.gosvw));
		CHECK_EQ(copy.tsc_factor, own.tsc_factor);
	}
}

/* A processor after reset (APM volume 2, table 14-1), at the reset vector. */
TEST(vmsa)
{
	static struct vmsa v, zero;

	memset(&v, 0xFF, sizeof(v));
	firmware_make_vmsa(&v, 3, 0x21, 0xA20F11);
	CHECK_EQ(v.vmpl, 3);
	CHECK_EQ(v.sev_features, 0x21);
	CHECK_EQ(v.rdx, 0xA20F11);
	CHECK_EQ(v.efer, EFER_SVME);
	CHECK_EQ(v.cs.selector, 0xF000);
	CHECK_EQ(v.cs.base, 0xFFFF0000);
	CHECK_EQ(v.cs.attributes, 0x9B);
	CHECK_EQ(v.rip, 0xFFF0);
	CHECK_EQ(v.cr0, 0x60000010);
	CHECK_EQ(v.dr6, 0xFFFF0FF0);
	CHECK_EQ(v.dr7, 0x400);
	CHECK_EQ(v.rflags, 2);
	CHECK_EQ(v.g_pat, UINT64_C(0x0007040600070406));
	CHECK_EQ(v.xcr0, 1);
	CHECK_EQ(v.mxcsr, 0x1F80);
	CHECK_EQ(v.ldtr.attributes, 0x82);
	CHECK_EQ(v.tr.attributes, 0x8B);
	CHECK_EQ(v.gdtr.limit, 0xFFFF);
	CHECK_EQ(v.rax | v.rbx | v.rcx | v.rsp | v.cr3 | v.cr4 | v.virtual_tom, 0);
	CHECK_MEM(v.reserved_670, zero.reserved_670, sizeof(zero.reserved_670));
	CHECK_EQ(v.vintr_ctrl | v.eventinj | v.guest_exitcode, 0);
}

UNIT_MAIN(CASE(starts_at_vmpl1), CASE(starts_at_vmpl2), CASE(starts_at_vmpl3),
	  CASE(needs_a_calling_area), CASE(needs_its_low_memory), CASE(needs_its_firmware),
	  CASE(needs_fresh_sections), CASE(needs_sections_in_memory), CASE(needs_memory),
	  CASE(needs_its_host), CASE(needs_its_vmsa), CASE(secrets),
	  CASE(vmsa))
