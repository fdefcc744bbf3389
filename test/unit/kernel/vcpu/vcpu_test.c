/*
 * CREATE_VCPU, DELETE_VCPU, REMAP_CA: every refusal, and that a refused guest has its pages back as
 * they were. Order matters: revoke, flush, inspect, convert.
 */
#include "vcpu/vcpu.h"

#include "mm/page.h"
#include "snp/vmsa.h"
#include "svsm/protocol.h"
#include "vcpu/request.h"
#include "world.h"
#include "x86/msr.h"

static const struct world two_cpus = { .cpus = 2, .guest_vmpl = 2 };

#define VMSA	UINT64_C(0x200000)
#define AREA	UINT64_C(0x201000)
#define VMSA_2	UINT64_C(0x300000)
#define AREA_2	UINT64_C(0x301000)
#define UNGIVEN UINT64_C(0x400000)
#define KNOWN	WORLD_APIC_ID(1)

static struct vmsa *make_vmsa(uint64_t at, uint8_t vmpl)
{
	struct vmsa *vmsa = fake_at(at);

	*vmsa = (struct vmsa){ .vmpl = vmpl, .efer = EFER_SVME, .sev_features = FAKE_FEATURES };
	return vmsa;
}

static bool passed_over;

static void start(void)
{
	world_vcpus(&two_cpus);
	for (unsigned int i = 0; i < 2; i++) {
		world_give(VMSA + i * PAGE_SIZE, 2);
		world_give(VMSA_2 + i * PAGE_SIZE, 2);
	}
	make_vmsa(VMSA, 2);
	make_vmsa(VMSA_2, 2);
	memset(fake_at(AREA), 0xFF, PAGE_SIZE);
	fake_trace.count = 0;
}

static enum err create(void)
{
	return vcpu_create(2, gpa(VMSA), gpa(AREA), KNOWN);
}

WORLD_TEST(creates)
{
	unsigned int cursor = 0;
	struct registry_entry *entry;

	start();
	CHECK_EQ(create(), ERR_OK);
	CHECK(fake_is_vmsa(VMSA));
	/* Its own VMPL may read it (OVMF does), and nobody below do anything. */
	CHECK(fake_may(VMSA, 2, VMPL_READ) && !fake_may(VMSA, 2, VMPL_WRITE));
	CHECK(!fake_may(VMSA, 2, VMPL_EXEC_USER) && !fake_may(VMSA, 2, VMPL_EXEC_SUPER));
	CHECK(!fake_may(VMSA, 1, VMPL_READ) && !fake_may(VMSA, 3, VMPL_READ));
	CHECK_EQ(world_state(VMSA), PAGE_VMSA);
	CHECK_EQ(world_state(AREA), PAGE_CAA);
	CHECK_EQ(*(const uint8_t *)fake_at(AREA), 0);
	CHECK_EQ(((const uint8_t *)fake_at(AREA))[1], 0xFF);
	entry = registry_enter(KNOWN, &cursor, &passed_over);
	CHECK(entry != NULL && entry->vmsa.value == VMSA && entry->caa.value == AREA);
	CHECK(entry != NULL && entry->vmpl == 2 && !entry->is_launch);
}

/* Nobody may still write what is being judged: every permission gone, one flush, then the look. */
static void check_order(const struct fake_event *event)
{
	if (event->op == FAKE_VMSA) {
		CHECK_EQ(fake_trace.flushes, 1);
		for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
			CHECK(!fake_may(event->gpa, vmpl, VMPL_READ));
		}
	}
	if (event->op == FAKE_ADJUST && event->vmsa) {
		CHECK(world_find_event(FAKE_VMSA, event->gpa) >= 0);
		CHECK_EQ(event->perms, VMPL_READ);
	}
}

WORLD_TEST(looks_after_revoking)
{
	start();
	fake_trace.hook = check_order;
	CHECK_EQ(create(), ERR_OK);
	CHECK(world_find_event(FAKE_VMSA, VMSA) >= 0);
}

struct refusal {
	const char *name;
	uint64_t vmsa, caa;
	uint32_t apic_id;
	enum err want;
};

WORLD_TEST(refuses_addresses)
{
	static const struct refusal rows[] = {
		{ "VMSA not aligned", VMSA + 8, AREA, KNOWN, ERR_INVALID },
		{ "calling area not aligned", VMSA, AREA + 1, KNOWN, ERR_INVALID },
		{ "one page for both", VMSA, VMSA, KNOWN, ERR_INVALID },
		{ "unknown APIC id", VMSA, AREA, 0x99, ERR_INVALID },
		{ "APIC id that means none", VMSA, AREA, UINT32_MAX, ERR_INVALID },
		{ "VMSA not validated", UNGIVEN, AREA, KNOWN, ERR_ADDRESS },
		{ "calling area not validated", VMSA, UNGIVEN, KNOWN, ERR_ADDRESS },
		{ "VMSA of the SVSM's", REGION_BASE_DEFAULT, AREA, KNOWN, ERR_ADDRESS },
		{ "calling area of the SVSM's", VMSA, REGION_BASE_DEFAULT, KNOWN, ERR_ADDRESS },
		{ "VMSA outside of the map", FAKE_GUEST_BYTES, AREA, KNOWN, ERR_ADDRESS },
		{ "calling area outside of the map", VMSA, UINT64_C(0xFFFFFFFFFFFFF000), KNOWN,
		  ERR_ADDRESS },
		{ "VMSA that is a VMSA", VMSA_2, AREA, KNOWN, ERR_ADDRESS },
		{ "VMSA that is a calling area", AREA_2, AREA, KNOWN, ERR_ADDRESS },
		{ "calling area that is a VMSA", VMSA, VMSA_2, KNOWN, ERR_ADDRESS },
		{ "calling area of another CPU", VMSA, AREA_2, WORLD_APIC_ID(0), ERR_ADDRESS },
	};

	start();
	CHECK_EQ(vcpu_create(2, gpa(VMSA_2), gpa(AREA_2), KNOWN), ERR_OK);
	fake_trace.count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(vcpu_create(2, gpa(rows[i].vmsa), gpa(rows[i].caa), rows[i].apic_id),
			 rows[i].want);
		CHECK_EQ(fake_trace.count, 0);
		CHECK(!fake_is_vmsa(VMSA) && fake_may(VMSA, 2, VMPL_RWX));
		CHECK_EQ(*(const uint8_t *)fake_at(AREA), 0xFF);
	}
}

/* Two pages of VMPL 1's, two of VMPL 3's: VMPL 2 has nothing to offer of them. */
WORLD_TEST(refuses_what_is_anothers)
{
	start();
	for (unsigned int owner = 1; owner < VMPL_COUNT; owner += 2) {
		world_set_owner(VMSA_2, PAGE_GUEST, owner);
		world_set_owner(AREA_2, PAGE_GUEST, owner);
		CHECK_EQ(vcpu_create(2, gpa(VMSA_2), gpa(AREA), KNOWN), ERR_ADDRESS);
		CHECK_EQ(vcpu_create(2, gpa(VMSA), gpa(AREA_2), KNOWN), ERR_ADDRESS);
		CHECK_EQ(fake_trace.count, 0);
		CHECK_EQ(*(const uint8_t *)fake_at(AREA), 0xFF);
	}
}

/* VMPL 1 makes a vCPU of VMPL 2's; that one ends it, and gets its calling area, but no VMSA. */
WORLD_TEST(goes_back_to_its_owner)
{
	start();
	world_set_owner(VMSA, PAGE_GUEST, 1);
	world_set_owner(AREA, PAGE_GUEST, 1);
	CHECK_EQ(vcpu_create(1, gpa(VMSA), gpa(AREA), KNOWN), ERR_OK);
	CHECK(fake_may(VMSA, 2, VMPL_READ));
	CHECK_EQ(world_owner(AREA), 2);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
	CHECK_EQ(world_state(VMSA), PAGE_GUEST);
	CHECK_EQ(world_owner(VMSA), 1);
	CHECK_EQ(world_state(AREA), PAGE_GUEST);
	CHECK_EQ(world_owner(AREA), 2);
	CHECK(fake_may(VMSA, 1, VMPL_RWX) && !fake_may(VMSA, 2, VMPL_READ));
}

/* VMPL 2 lets VMPL 3 read its VMSA, as hardware allows; that ends with the VMSA. */
WORLD_TEST(leaves_no_lent_right)
{
	start();
	CHECK_EQ(create(), ERR_OK);
	(void)rmp_adjust(&fake_rmp, VMSA, VMSA, RMP_4K, 2, RMPADJUST_ATTR(3, VMPL_READ, false));
	CHECK(fake_may(VMSA, 3, VMPL_READ));
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
	CHECK(fake_may(VMSA, 2, VMPL_RWX) && !fake_may(VMSA, 3, VMPL_READ));
}

/* One of this CPU's, but not of this VMPL. */
WORLD_TEST(does_not_take_over_anothers_area)
{
	start();
	CHECK_EQ(create(), ERR_OK);
	for (unsigned int owner = 1; owner < VMPL_COUNT; owner += 2) {
		world_set_owner(AREA, PAGE_CAA, owner);
		CHECK_EQ(vcpu_create(2, gpa(VMSA_2), gpa(AREA), KNOWN), ERR_ADDRESS);
	}
}

/* As Linux brings a CPU back: the new VMSA with the old calling area, then the old VMSA deleted. */
WORLD_TEST(takes_over_an_area)
{
	unsigned int cursor = 0;
	struct registry_entry *entry;

	start();
	CHECK_EQ(create(), ERR_OK);
	CHECK_EQ(vcpu_create(3, gpa(VMSA_2), gpa(AREA), KNOWN), ERR_ADDRESS);
	memset(fake_at(AREA), 0xFF, 1);
	CHECK_EQ(vcpu_create(2, gpa(VMSA_2), gpa(AREA), KNOWN), ERR_OK);
	CHECK_EQ(*(const uint8_t *)fake_at(AREA), 0);
	entry = registry_enter(KNOWN, &cursor, &passed_over);
	CHECK(entry != NULL && entry->vmsa.value == VMSA_2 && entry->caa.value == AREA);
	CHECK(registry_enter(KNOWN, &cursor, &passed_over) == NULL);
	CHECK(!passed_over);
	registry_leave(entry);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
	CHECK_EQ(world_state(VMSA), PAGE_GUEST);
	CHECK_EQ(world_state(AREA), PAGE_CAA);
	CHECK_EQ(vcpu_create(2, gpa(VMSA), gpa(AREA), WORLD_APIC_ID(0)), ERR_ADDRESS);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA_2)), ERR_OK);
	CHECK_EQ(world_state(AREA), PAGE_GUEST);
}

/* What the VMSA says of itself. */
static void check_refused_vmsa(const char *name, unsigned int caller, enum err want)
{
	struct vmsa before;

	ROW(name);
	memcpy(&before, fake_at(VMSA), sizeof(before));
	CHECK_EQ(vcpu_create(caller, gpa(VMSA), gpa(AREA), KNOWN), want);
	CHECK(!fake_is_vmsa(VMSA));
	CHECK_EQ(world_state(VMSA), PAGE_GUEST);
	CHECK_EQ(world_state(AREA), PAGE_GUEST);
	CHECK(fake_may(VMSA, 1, VMPL_RWX) && fake_may(VMSA, 2, VMPL_RWX));
	CHECK(!fake_may(VMSA, 3, VMPL_READ));
	CHECK_MEM(fake_at(VMSA), &before, sizeof(before));
}

WORLD_TEST(refuses_contents)
{
	struct vmsa *vmsa;

	start();
	vmsa = make_vmsa(VMSA, 0);
	check_refused_vmsa("VMPL0", 2, ERR_INVALID);
	vmsa->vmpl = 1;
	check_refused_vmsa("more privileged than the caller", 2, ERR_INVALID);
	vmsa->vmpl = 4;
	check_refused_vmsa("VMPL4", 2, ERR_INVALID);
	vmsa->vmpl = 0xFF;
	check_refused_vmsa("VMPL255", 2, ERR_INVALID);
	vmsa = make_vmsa(VMSA, 2);
	vmsa->efer = 0;
	check_refused_vmsa("SVME clear", 2, ERR_INVALID);
	vmsa->efer = ~EFER_SVME;
	check_refused_vmsa("all but SVME", 2, ERR_INVALID);
	vmsa = make_vmsa(VMSA, 2);
	vmsa->sev_features = 0;
	check_refused_vmsa("no features", 2, ERR_INVALID);
	vmsa->sev_features = FAKE_FEATURES | SEV_FEATURE_VTOM;
	check_refused_vmsa("a feature more", 2, ERR_INVALID);
	ROW("and then a good one");
	make_vmsa(VMSA, 2);
	CHECK_EQ(create(), ERR_OK);
}

/* The caller's page goes to a VMPL below it, and comes back to the caller only. */
WORLD_TEST(creates_for_a_lower_vmpl)
{
	start();
	make_vmsa(VMSA, 3);
	CHECK_EQ(create(), ERR_OK);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
	CHECK(fake_may(VMSA, 2, VMPL_RWX));
	CHECK(!fake_may(VMSA, 3, VMPL_READ));
}

/* From that moment on the host can run it: a CREATE_VCPU that fails must never get there. */
static void never_a_vmsa(const struct fake_event *event)
{
	CHECK(event->op != FAKE_ADJUST || !event->vmsa);
}

WORLD_TEST(registry_is_full)
{
	uint64_t at = UINT64_C(0x600000);
	enum err err = ERR_OK;

	start();
	for (unsigned int i = 0; i < 64 && err == ERR_OK; i++, at += 2 * PAGE_SIZE) {
		world_give(at, 2);
		world_give(at + PAGE_SIZE, 2);
		make_vmsa(at, 3);
		fake_trace.hook = i == 2 * (VMPL_COUNT - 1) * 2 ? never_a_vmsa : NULL;
		err = vcpu_create(2, gpa(at), gpa(at + PAGE_SIZE), KNOWN);
	}
	CHECK(fake_trace.hook == never_a_vmsa);
	fake_trace.hook = NULL;
	at -= 2 * PAGE_SIZE;
	CHECK_EQ(err, ERR_NOMEM);
	CHECK(!fake_is_vmsa(at));
	CHECK(fake_may(at, 2, VMPL_RWX) && !fake_may(at, 3, VMPL_READ));
	CHECK_EQ(world_state(at), PAGE_GUEST);
	CHECK_EQ(world_state(at + PAGE_SIZE), PAGE_GUEST);
}

/* Each RMP instruction of CREATE_VCPU fails in turn: three revokes, then the conversion. */
static void check_instruction_fails(unsigned int number, unsigned int status, enum err want)
{
	start();
	fake_trace.fault_at = number;
	fake_trace.fault_status = status;
	CHECK_EQ(create(), want);
	CHECK(!fake_is_vmsa(VMSA));
	CHECK_EQ(world_state(VMSA), PAGE_GUEST);
	CHECK(fake_may(VMSA, 2, VMPL_RWX));
}

WORLD_TEST(conversion_fails)
{
	check_instruction_fails(4, 0, ERR_FAULT);
}

WORLD_TEST(conversion_is_refused)
{
	check_instruction_fails(4, RMP_FAIL_INPUT, ERR_FAULT);
}

WORLD_TEST(revoke_fails)
{
	check_instruction_fails(2, RMP_FAIL_INPUT, ERR_FAULT);
}

/* The host takes the page away after the guest validated it: an error, no panic. */
WORLD_TEST(page_was_taken)
{
	start();
	fake_take(VMSA);
	CHECK_EQ(create(), ERR_ADDRESS);
	ROW("the calling area");
	fake_remap(VMSA, FAKE_GUEST_PAGES);
	fake_give(VMSA, 2);
	make_vmsa(VMSA, 2);
	fake_take(AREA);
	CHECK_EQ(create(), ERR_ADDRESS);
	CHECK(!fake_is_vmsa(VMSA));
}

WORLD_TEST(deletes)
{
	unsigned int cursor = 0;

	start();
	CHECK_EQ(create(), ERR_OK);
	fake_trace.flushes = 0;
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 1);
	CHECK(!fake_is_vmsa(VMSA) && fake_may(VMSA, 2, VMPL_RWX));
	CHECK_EQ(((const struct vmsa *)fake_at(VMSA))->efer & EFER_SVME, 0);
	CHECK_EQ(world_state(VMSA), PAGE_GUEST);
	CHECK_EQ(world_state(AREA), PAGE_GUEST);
	CHECK(registry_enter(KNOWN, &cursor, &passed_over) == NULL);
	ROW("again");
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_INVALID);
	ROW("and can be made anew");
	make_vmsa(VMSA, 2);
	CHECK_EQ(create(), ERR_OK);
}

static bool is_writable(uint64_t page)
{
	bool is = false;

	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		is = is || fake_may(page, vmpl, VMPL_WRITE);
	}
	return is;
}

static void serve_known(void)
{
	unsigned int cursor = 0;
	struct registry_entry *entry;

	while ((entry = registry_enter(KNOWN, &cursor, &passed_over)) != NULL) {
		(void)request_handle(entry);
		registry_leave(entry);
	}
}

/* Of the instructions of DELETE_VCPU, the one that fails, and its status; 0: the host injected. */
static unsigned int failing, failing_status;

/* Three VMPLs are granted a page of VMPL3's, so what two of them can write to may stop half way. */
static void delete_fails(void)
{
	const uint64_t vmsa = UNGIVEN;
	const uint64_t area = UNGIVEN + PAGE_SIZE;

	start();
	world_give(vmsa, 3);
	world_give(area, 3);
	make_vmsa(vmsa, 3);
	CHECK_EQ(vcpu_create(3, gpa(vmsa), gpa(area), KNOWN), ERR_OK);
	fake_trace.fault_at = fake_trace.instructions + failing;
	fake_trace.fault_status = failing_status;
	CHECK_EQ(vcpu_delete(3, gpa(vmsa)), failing > VMPL_COUNT ? ERR_OK : ERR_FAULT);
	CHECK_EQ(world_state(vmsa), failing > VMPL_COUNT ? PAGE_GUEST : PAGE_VMSA);
	CHECK(failing > VMPL_COUNT || !is_writable(vmsa));
	CHECK_EQ(world_state(area), PAGE_GUEST);
	/* The kernel looks at what it has of this CPU, and must not make it a VMSA again. */
	serve_known();
	CHECK(!fake_is_vmsa(vmsa) || !is_writable(vmsa));
	CHECK_EQ(vcpu_delete(3, gpa(vmsa)), failing > VMPL_COUNT ? ERR_INVALID : ERR_OK);
	CHECK(!fake_is_vmsa(vmsa));
	CHECK_EQ(world_state(vmsa), PAGE_GUEST);
}

/* The bit, three revokes and three grants. */
TEST(deletion_fails_half_way)
{
	for (failing = 1; failing < 2 * VMPL_COUNT; failing++) {
		ROW("the host injects an exception");
		failing_status = 0;
		world_run(delete_fails, &unit);
		ROW("refused");
		failing_status = RMP_FAIL_INPUT;
		world_run(delete_fails, &unit);
	}
}

WORLD_TEST(does_not_delete)
{
	unsigned int cursor = 0;
	struct registry_entry *entry;
	const struct vmsa *vmsa;

	start();
	vmsa = fake_at(VMSA);
	CHECK_EQ(create(), ERR_OK);
	ROW("unknown");
	CHECK_EQ(vcpu_delete(2, gpa(VMSA_2)), ERR_INVALID);
	ROW("a calling area");
	CHECK_EQ(vcpu_delete(2, gpa(AREA)), ERR_INVALID);
	ROW("by a less privileged VMPL");
	CHECK_EQ(vcpu_delete(3, gpa(VMSA)), ERR_INVALID);
	ROW("running");
	fake_set_running(VMSA, true);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_INUSE);
	CHECK(fake_is_vmsa(VMSA) && (vmsa->efer & EFER_SVME) != 0);
	CHECK_EQ(world_state(VMSA), PAGE_VMSA);
	fake_set_running(VMSA, false);
	ROW("inside a call");
	entry = registry_enter(KNOWN, &cursor, &passed_over);
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_INUSE);
	CHECK(fake_is_vmsa(VMSA));
	registry_leave(entry);
	ROW("afterwards it goes");
	CHECK_EQ(vcpu_delete(2, gpa(VMSA)), ERR_OK);
}

WORLD_TEST(remaps)
{
	struct registry_entry *entry;
	unsigned int cursor = 0;

	start();
	CHECK_EQ(create(), ERR_OK);
	entry = registry_enter(KNOWN, &cursor, &passed_over);
	vcpu_this()->caller = entry;
	memset(fake_at(AREA), 1, PAGE_SIZE);
	memset(fake_at(AREA_2), 0xEE, PAGE_SIZE);
	CHECK_EQ(vcpu_remap_ca(gpa(AREA_2)), ERR_OK);
	CHECK_EQ(entry->caa.value, AREA_2);
	CHECK_EQ(*(const uint8_t *)fake_at(AREA), 0);
	CHECK_EQ(*(const uint8_t *)fake_at(AREA_2), 0);
	CHECK_EQ(((const uint8_t *)fake_at(AREA_2))[1], 0xEE);
	CHECK_EQ(world_state(AREA), PAGE_GUEST);
	CHECK_EQ(world_state(AREA_2), PAGE_CAA);
	ROW("to where it is");
	CHECK_EQ(vcpu_remap_ca(gpa(AREA_2)), ERR_OK);
	CHECK_EQ(world_state(AREA_2), PAGE_CAA);
}

WORLD_TEST(does_not_remap)
{
	static const struct {
		const char *name;
		uint64_t caa;
		enum err want;
	} rows[] = {
		{ "not aligned", AREA_2 + 8, ERR_INVALID },
		{ "not validated", UNGIVEN, ERR_ADDRESS },
		{ "the SVSM's", REGION_BASE_DEFAULT, ERR_ADDRESS },
		{ "outside of the map", FAKE_GUEST_BYTES, ERR_ADDRESS },
		{ "its own VMSA", VMSA, ERR_ADDRESS },
		{ "taken by the host", VMSA_2, ERR_ADDRESS },
		{ "a more privileged VMPL's", UNGIVEN + PAGE_SIZE, ERR_ADDRESS },
		{ "a less privileged VMPL's", UNGIVEN + 2 * PAGE_SIZE, ERR_ADDRESS },
	};
	struct registry_entry *entry;
	unsigned int cursor = 0;

	start();
	CHECK_EQ(create(), ERR_OK);
	ROW("no call");
	CHECK_EQ(vcpu_remap_ca(gpa(AREA_2)), ERR_REQUEST);
	entry = registry_enter(KNOWN, &cursor, &passed_over);
	vcpu_this()->caller = entry;
	fake_take(VMSA_2);
	world_give(UNGIVEN + PAGE_SIZE, 1);
	world_give(UNGIVEN + 2 * PAGE_SIZE, 3);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(vcpu_remap_ca(gpa(rows[i].caa)), rows[i].want);
		CHECK_EQ(entry->caa.value, AREA);
		CHECK_EQ(world_state(AREA), PAGE_CAA);
	}
}

TEST(counts)
{
	CHECK_EQ(vcpu_init(0), ERR_INVALID);
	CHECK_EQ(vcpu_init(257), ERR_INVALID);
	CHECK_EQ(vcpu_init(UINT32_MAX), ERR_INVALID);
}

UNIT_MAIN(CASE(creates), CASE(looks_after_revoking), CASE(refuses_addresses),
	  CASE(refuses_what_is_anothers), CASE(goes_back_to_its_owner), CASE(leaves_no_lent_right),
	  CASE(does_not_take_over_anothers_area), CASE(refuses_contents),
	  CASE(creates_for_a_lower_vmpl), CASE(registry_is_full), CASE(conversion_fails),
	  CASE(conversion_is_refused), CASE(revoke_fails), CASE(page_was_taken), CASE(deletes),
	  CASE(deletion_fails_half_way), CASE(does_not_delete), CASE(remaps), CASE(does_not_remap),
	  CASE(takes_over_an_area), CASE(counts))
