/* The RMP's rules, one row each: what host and guest may do to an entry, and what an access finds.
 */
#include "rmp.h"

#include "base/bits.h"
#include "unit.h"

#define PAGES	   1536
#define HIGH_FIRST 0x100000 /* 4 GiB */
#define HIGH_PAGES 512
#define BASE	   PAGE_2M_SIZE /* a 2M area, gPA = system address */
#define PAGE	   UINT64_C(0x5000)
#define PERMS_ALL  (VMPL_RWX | VMPL_SHADOW_STACK)

static struct rmp_entry entries[PAGES + HIGH_PAGES];
static struct rmp rmp;

/* PAGE is a validated 4K page, BASE a validated 2M page, all else the hypervisor's. */
static void start(void)
{
	memset(entries, 0, sizeof(entries));
	rmp = (struct rmp){entries, PAGES, HIGH_FIRST, HIGH_PAGES};
	CHECK_EQ(rmp_launch(&rmp, PAGE, PAGE, false), ERR_OK);
	CHECK_EQ(rmp_assign(&rmp, BASE, BASE, RMP_2M), ERR_OK);
	CHECK_EQ(rmp_pvalidate(&rmp, BASE, BASE, RMP_2M, true).eax, RMP_OK);
}

TEST(assigns)
{
	static const struct {
		const char *name;
		uint64_t spa;
		uint64_t gpa;
		enum rmp_page_size size;
		enum err want;
	} rows[] = {
		{"free page", 0x6000, 0x6000, RMP_4K, ERR_OK},
		{"free page elsewhere in gPA", 0x6000, 0x8000000000, RMP_4K, ERR_OK},
		{"above 4 GiB", 0x100000000, 0x100000000, RMP_4K, ERR_OK},
		{"2M above 4 GiB", 0x100000000, 0x100000000, RMP_2M, ERR_OK},
		{"assigned page", PAGE, PAGE, RMP_4K, ERR_INUSE},
		{"page of a 2M entry", BASE + 0x3000, BASE + 0x3000, RMP_4K, ERR_INUSE},
		{"2M with an assigned page in it", 0, 0, RMP_2M, ERR_INUSE},
		{"misaligned page", 0x6001, 0x6000, RMP_4K, ERR_INVALID},
		{"misaligned 2M gPA", 2 * BASE, 0x1000, RMP_2M, ERR_INVALID},
		{"no entry between the parts", PAGES * PAGE_SIZE, 0, RMP_4K, ERR_INVALID},
		{"no entry past the end", 0x100000000 + HIGH_PAGES * PAGE_SIZE, 0, RMP_4K,
		 ERR_INVALID},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ROW(rows[i].name);
		start();
		CHECK_EQ(rmp_assign(&rmp, rows[i].spa, rows[i].gpa, rows[i].size), rows[i].want);
	}
}

TEST(assigning_gives_vmpl0_all_and_others_nothing)
{
	start();
	CHECK_EQ(rmp_assign(&rmp, 0x6000, 0x6000, RMP_4K), ERR_OK);
	CHECK_EQ(rmp_entry(&rmp, 0x6000)->perms[0], PERMS_ALL);
	for (unsigned int v = 1; v < VMPL_COUNT; v++) {
		CHECK_EQ(rmp_entry(&rmp, 0x6000)->perms[v], 0);
	}
	CHECK_EQ(rmp_check(&rmp, 0x6000, 0x6000, 0, VMPL_READ), RMP_VC_404);
}

TEST(unassigns)
{
	start();
	ROW("free page");
	CHECK_EQ(rmp_unassign(&rmp, 0x6000, RMP_4K), ERR_NOCHANGE);
	ROW("page of a 2M entry");
	CHECK_EQ(rmp_unassign(&rmp, BASE + PAGE_SIZE, RMP_4K), ERR_INUSE);
	ROW("4K page as 2M");
	CHECK_EQ(rmp_unassign(&rmp, 0, RMP_2M), ERR_NOCHANGE);
	ROW("VMSA in use");
	rmp_entry(&rmp, PAGE)->flags |= RMP_IN_USE;
	CHECK_EQ(rmp_unassign(&rmp, PAGE, RMP_4K), ERR_INUSE);
	rmp_entry(&rmp, PAGE)->flags &= (uint8_t)~RMP_IN_USE;
	ROW("page, and back: not validated");
	CHECK_EQ(rmp_unassign(&rmp, PAGE, RMP_4K), ERR_OK);
	CHECK(!rmp_is_assigned(&rmp, PAGE));
	CHECK_EQ(rmp_assign(&rmp, PAGE, PAGE, RMP_4K), ERR_OK);
	CHECK_EQ(rmp_check(&rmp, PAGE, PAGE, 0, VMPL_READ), RMP_VC_404);
	ROW("2M");
	CHECK_EQ(rmp_unassign(&rmp, BASE, RMP_2M), ERR_OK);
	CHECK(!rmp_is_assigned(&rmp, BASE + PAGE_SIZE));
}

TEST(splitting_keeps_state)
{
	start();
	CHECK_EQ(rmp_adjust(&rmp, BASE, BASE, RMP_2M, 0, RMPADJUST_ATTR(2, VMPL_READ, false)).eax,
		 RMP_OK);
	CHECK_EQ(rmp_psmash(&rmp, BASE), ERR_OK);
	for (uint64_t i = 0; i < PAGES_PER_2M; i++) {
		const struct rmp_entry *e = rmp_entry(&rmp, BASE + i * PAGE_SIZE);

		CHECK_EQ(e->size, RMP_4K);
		CHECK_EQ(e->gpa, BASE + i * PAGE_SIZE);
		CHECK_EQ(e->perms[2], VMPL_READ);
		CHECK_EQ(e->flags, RMP_ASSIGNED | RMP_VALIDATED);
	}
	CHECK_EQ(rmp_psmash(&rmp, BASE), ERR_INVALID);
	CHECK_EQ(rmp_psmash(&rmp, BASE + PAGE_SIZE), ERR_INVALID);
}

TEST(pvalidates)
{
	static const struct {
		const char *name;
		uint64_t spa;
		uint64_t gpa;
		enum rmp_page_size size;
		bool validate;
		enum rmp_verdict verdict;
		uint32_t eax;
		bool no_change;
	} rows[] = {
		{"rescinds", PAGE, PAGE, RMP_4K, false, RMP_PASS, RMP_OK, false},
		{"twice: CF", PAGE, PAGE, RMP_4K, true, RMP_PASS, RMP_OK, true},
		{"2M rescinds", BASE, BASE, RMP_2M, false, RMP_PASS, RMP_OK, false},
		{"2M twice: CF", BASE, BASE, RMP_2M, true, RMP_PASS, RMP_OK, true},
		{"4K of a 2M entry", BASE + PAGE_SIZE, BASE + PAGE_SIZE, RMP_4K, true, RMP_NPF_SIZE,
		 0, false},
		{"2M of 4K entries", 0, 0, RMP_2M, true, RMP_NPF_RMP, 0, false},
		{"2M misaligned", PAGE, PAGE, RMP_2M, true, RMP_PASS, RMP_FAIL_INPUT, false},
		{"hypervisor's page", 0x6000, 0x6000, RMP_4K, true, RMP_NPF_RMP, 0, false},
		{"another gPA", PAGE, 0x7000, RMP_4K, true, RMP_NPF_RMP, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rmp_outcome out;

		ROW(rows[i].name);
		start();
		out = rmp_pvalidate(&rmp, rows[i].spa, rows[i].gpa, rows[i].size, rows[i].validate);
		CHECK_EQ(out.verdict, rows[i].verdict);
		CHECK_EQ(out.eax, rows[i].eax);
		CHECK_EQ(out.no_change, rows[i].no_change);
	}
	ROW("2M of a 4K entry at its start");
	start();
	CHECK_EQ(rmp_launch(&rmp, 2 * BASE, 2 * BASE, false), ERR_OK);
	CHECK_EQ(rmp_pvalidate(&rmp, 2 * BASE, 2 * BASE, RMP_2M, true).eax, RMP_FAIL_SIZEMISMATCH);
}

TEST(adjusts)
{
	static const struct {
		const char *name;
		unsigned int vmpl;
		uint64_t size;
		uint64_t attributes;
		enum rmp_verdict verdict;
		uint32_t eax;
	} rows[] = {
		{"VMPL0 grants VMPL1", 0, 0, RMPADJUST_ATTR(1, VMPL_RWX, false), RMP_PASS, RMP_OK},
		{"VMPL0 grants VMPL3", 0, 0, RMPADJUST_ATTR(3, VMPL_READ, false), RMP_PASS, RMP_OK},
		{"VMPL0 revokes", 0, 0, RMPADJUST_ATTR(2, 0, false), RMP_PASS, RMP_OK},
		{"VMPL0 makes a VMSA", 0, 0, RMPADJUST_ATTR(2, 0, true), RMP_PASS, RMP_OK},
		{"its own VMPL", 0, 0, RMPADJUST_ATTR(0, VMPL_RWX, false), RMP_PASS,
		 RMP_FAIL_PERMISSION},
		{"Linux's probe at VMPL1", 1, 0, RMPADJUST_ATTR(1, VMPL_READ, false), RMP_PASS,
		 RMP_FAIL_PERMISSION},
		{"Linux's probe at VMPL2", 2, 0, RMPADJUST_ATTR(1, VMPL_READ, false), RMP_PASS,
		 RMP_FAIL_PERMISSION},
		{"VMPL2 grants what it has", 2, 0, RMPADJUST_ATTR(3, VMPL_READ, false), RMP_PASS,
		 RMP_OK},
		{"VMPL2 grants what it lacks", 2, 0,
		 RMPADJUST_ATTR(3, VMPL_READ | VMPL_WRITE, false), RMP_PASS, RMP_FAIL_PERMISSION},
		{"write without read", 0, 0, RMPADJUST_ATTR(1, VMPL_WRITE, false), RMP_PASS,
		 RMP_FAIL_INPUT},
		{"unknown permission", 0, 0, RMPADJUST_ATTR(1, 0x21, false), RMP_PASS,
		 RMP_FAIL_INPUT},
		{"VMPL 4", 0, 0, RMPADJUST_ATTR(4, VMPL_READ, false), RMP_PASS, RMP_FAIL_INPUT},
		{"reserved bit 17", 0, 0, RMPADJUST_ATTR(1, 0, false) | BIT(17), RMP_PASS,
		 RMP_FAIL_INPUT},
		{"reserved bit 63", 0, 0, RMPADJUST_ATTR(1, 0, false) | BIT(63), RMP_PASS,
		 RMP_FAIL_INPUT},
		{"size 2", 0, 2, RMPADJUST_ATTR(1, 0, false), RMP_PASS, RMP_FAIL_INPUT},
		{"2M misaligned", 0, 1, RMPADJUST_ATTR(1, 0, false), RMP_PASS, RMP_FAIL_INPUT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rmp_outcome out;

		ROW(rows[i].name);
		start();
		rmp_entry(&rmp, PAGE)->perms[1] = VMPL_READ;
		rmp_entry(&rmp, PAGE)->perms[2] = VMPL_READ;
		out = rmp_adjust(&rmp, PAGE, PAGE, rows[i].size, rows[i].vmpl, rows[i].attributes);
		CHECK_EQ(out.verdict, rows[i].verdict);
		CHECK_EQ(out.eax, rows[i].eax);
	}
}

TEST(adjust_needs_the_entry)
{
	const uint64_t grant = RMPADJUST_ATTR(1, VMPL_READ, false);

	start();
	ROW("hypervisor's page");
	CHECK_EQ(rmp_adjust(&rmp, 0x6000, 0x6000, 0, 0, grant).verdict, RMP_NPF_RMP);
	ROW("not validated");
	CHECK_EQ(rmp_assign(&rmp, 0x6000, 0x6000, RMP_4K), ERR_OK);
	CHECK_EQ(rmp_adjust(&rmp, 0x6000, 0x6000, 0, 0, grant).verdict, RMP_VC_404);
	ROW("4K of a 2M entry");
	CHECK_EQ(rmp_adjust(&rmp, BASE, BASE, 0, 0, grant).verdict, RMP_NPF_SIZE);
	ROW("2M of a 4K entry");
	CHECK_EQ(rmp_launch(&rmp, 2 * BASE, 2 * BASE, false), ERR_OK);
	CHECK_EQ(rmp_adjust(&rmp, 2 * BASE, 2 * BASE, 1, 0, grant).eax, RMP_FAIL_SIZEMISMATCH);
	ROW("VMSA in use");
	rmp_entry(&rmp, PAGE)->flags |= RMP_VMSA | RMP_IN_USE;
	CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, 0, 0, grant).eax, RMP_FAIL_INUSE);
	CHECK((rmp_entry(&rmp, PAGE)->flags & RMP_VMSA) != 0);
	ROW("a failure changes nothing");
	CHECK_EQ(rmp_entry(&rmp, PAGE)->perms[1], 0);
}

TEST(vmsa_bit_is_vmpl0s)
{
	start();
	ROW("set by VMPL0");
	CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, 0, 0, RMPADJUST_ATTR(1, VMPL_READ, true)).eax,
		 RMP_OK);
	CHECK(rmp_can_run(&rmp, PAGE, PAGE));
	ROW("ignored from VMPL1");
	CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, 0, 1, RMPADJUST_ATTR(2, 0, false)).eax, RMP_OK);
	CHECK(rmp_can_run(&rmp, PAGE, PAGE));
	ROW("cleared by VMPL0");
	CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, 0, 0, RMPADJUST_ATTR(1, 0, false)).eax, RMP_OK);
	CHECK(!rmp_can_run(&rmp, PAGE, PAGE));
	ROW("not set from VMPL1");
	rmp_entry(&rmp, PAGE)->perms[1] = VMPL_RWX;
	CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, 0, 1, RMPADJUST_ATTR(2, 0, true)).eax, RMP_OK);
	CHECK(!rmp_can_run(&rmp, PAGE, PAGE));
}

TEST(knows_a_vmsa_that_may_be_written)
{
	static const struct {
		const char *name;
		uint64_t attributes;
		bool want;
	} rows[] = {
		{"page of VMPL2", RMPADJUST_ATTR(2, VMPL_RWX, false), false},
		{"VMSA nobody reaches", RMPADJUST_ATTR(2, 0, true), false},
		{"VMSA that VMPL2 reads", RMPADJUST_ATTR(2, VMPL_READ, true), false},
		{"VMSA that VMPL1 writes", RMPADJUST_ATTR(1, VMPL_READ | VMPL_WRITE, true), true},
		{"VMSA that VMPL3 writes", RMPADJUST_ATTR(3, VMPL_RWX, true), true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ROW(rows[i].name);
		start();
		CHECK_EQ(rmp_adjust(&rmp, PAGE, PAGE, RMP_4K, 0, rows[i].attributes).eax, RMP_OK);
		CHECK_EQ(rmp_is_open_vmsa(rmp_entry(&rmp, PAGE)), rows[i].want);
	}
}

TEST(queries)
{
	struct rmp_query query = {0};

	start();
	rmp_entry(&rmp, PAGE)->perms[2] = VMPL_READ | VMPL_EXEC_USER;
	ROW("another VMPL's permissions");
	CHECK_EQ(rmp_query(&rmp, PAGE, PAGE, 0, 2, &query).eax, RMP_OK);
	CHECK_EQ(query.perms, VMPL_READ | VMPL_EXEC_USER);
	CHECK_EQ(query.size, RMP_4K);
	CHECK(!query.is_vmsa);
	ROW("2M");
	CHECK_EQ(rmp_query(&rmp, BASE + PAGE_SIZE, BASE + PAGE_SIZE, 0, 0, &query).eax, RMP_OK);
	CHECK_EQ(query.size, RMP_2M);
	ROW("a more privileged VMPL");
	CHECK_EQ(rmp_query(&rmp, PAGE, PAGE, 2, 1, &query).eax, RMP_FAIL_PERMISSION);
	ROW("VMPL 4");
	CHECK_EQ(rmp_query(&rmp, PAGE, PAGE, 0, 4, &query).eax, RMP_FAIL_INPUT);
	ROW("hypervisor's page");
	CHECK_EQ(rmp_query(&rmp, 0x6000, 0x6000, 0, 0, &query).verdict, RMP_NPF_RMP);
	ROW("not validated");
	CHECK_EQ(rmp_assign(&rmp, 0x6000, 0x6000, RMP_4K), ERR_OK);
	CHECK_EQ(rmp_query(&rmp, 0x6000, 0x6000, 0, 0, &query).verdict, RMP_VC_404);
}

TEST(checks_accesses)
{
	static const struct {
		const char *name;
		uint64_t spa;
		uint64_t gpa;
		unsigned int vmpl;
		uint8_t access;
		enum rmp_verdict want;
	} rows[] = {
		{"VMPL0 writes", PAGE, PAGE, 0, VMPL_READ | VMPL_WRITE, RMP_PASS},
		{"VMPL0 executes", PAGE, PAGE, 0, VMPL_EXEC_SUPER, RMP_PASS},
		{"VMPL2 reads", PAGE, PAGE, 2, VMPL_READ, RMP_PASS},
		{"VMPL2 writes what it may read", PAGE, PAGE, 2, VMPL_READ | VMPL_WRITE,
		 RMP_NPF_VMPL},
		{"VMPL2 executes as user", PAGE, PAGE, 2, VMPL_EXEC_USER, RMP_PASS},
		{"VMPL2 executes as supervisor", PAGE, PAGE, 2, VMPL_EXEC_SUPER, RMP_NPF_VMPL},
		{"VMPL3 reads", PAGE, PAGE, 3, VMPL_READ, RMP_NPF_VMPL},
		{"2M, in its middle", BASE + 0x12345, BASE + 0x12345, 0, VMPL_READ, RMP_PASS},
		{"hypervisor's page", 0x6000, 0x6000, 0, VMPL_READ, RMP_NPF_RMP},
		{"another gPA", PAGE, 0x6000, 0, VMPL_READ, RMP_NPF_RMP},
		{"another gPA in 2M", BASE + 0x1000, 2 * BASE + 0x1000, 0, VMPL_READ, RMP_NPF_RMP},
		{"no entry", PAGES * PAGE_SIZE, 0, 0, VMPL_READ, RMP_NPF_RMP},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ROW(rows[i].name);
		start();
		rmp_entry(&rmp, PAGE)->perms[2] = VMPL_READ | VMPL_EXEC_USER;
		CHECK_EQ(rmp_check(&rmp, rows[i].spa, rows[i].gpa, rows[i].vmpl, rows[i].access),
			 rows[i].want);
	}
	ROW("not validated wins over permission");
	start();
	CHECK_EQ(rmp_pvalidate(&rmp, PAGE, PAGE, RMP_4K, false).eax, RMP_OK);
	CHECK_EQ(rmp_check(&rmp, PAGE, PAGE, 3, VMPL_READ), RMP_VC_404);
}

UNIT_MAIN(CASE(assigns), CASE(assigning_gives_vmpl0_all_and_others_nothing), CASE(unassigns),
	  CASE(splitting_keeps_state), CASE(pvalidates), CASE(adjusts),
	  CASE(adjust_needs_the_entry), CASE(vmsa_bit_is_vmpl0s),
	  CASE(knows_a_vmsa_that_may_be_written), CASE(queries), CASE(checks_accesses))
