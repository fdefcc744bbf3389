/*
 * A guest under an SVSM whose region is too small for it: the SVSM has no room for the page-state
 * table of one more 32 MiB, says so, is given memory, uses it, and gives back what it did not use.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "check.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "trap.h"

#define REASON_FAILED 1
#define PART_BYTES    (UINT64_C(32) << 20) /* what one table of the SVSM's covers */
#define PARTS_MAX     1024
#define HIGH_GPA      (UINT64_C(4) << 30)
#define ONE_BY_ONE    8 /* times that it gets a single page */
#define LARGE_GPA     (RAM_4K + 2 * PAGE_2M_SIZE) /* in the first part */
#define NEEDS_ONE     (SVSM_NEEDS_MEMORY | 1)

NORETURN void guest_main(void);

static uint64_t list[PAGE_SIZE / sizeof(uint64_t)] ALIGNED(4096);
static uint64_t next_gift = RAM_4K;

static uint32_t call_core(uint32_t id)
{
	struct client_call c = {.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, id), .rcx = (uintptr_t)list};

	return (uint32_t)svsm_call(&c);
}

static uint32_t give(uint64_t entry)
{
	list[0] = 1;
	list[1] = entry;
	return call_core(SVSM_CORE_DEPOSIT_MEM);
}

static uint32_t give_one(void)
{
	svsm_accept(next_gift);
	next_gift += PAGE_SIZE;
	return give(next_gift - PAGE_SIZE);
}

/* Yields how many came back; the list holds their addresses. */
static uint64_t take_back(void)
{
	return call_core(SVSM_CORE_WITHDRAW_MEM) == SVSM_SUCCESS ? list[0] : UINT64_MAX;
}

static bool is_available(void)
{
	return ((const volatile struct svsm_caa *)(uintptr_t)svsm_caa_gpa())->mem_available != 0;
}

static uint32_t validate(uint64_t gpa)
{
	(void)ghcb_page_state(gpa, false, true);
	return svsm_pvalidate(gpa | SVSM_PVALIDATE_VALIDATE);
}

/* Part by part, below 4 GiB and then above, until one is answered otherwise. */
static uint32_t go_on(uint64_t *at, unsigned int *done)
{
	uint32_t result = SVSM_SUCCESS;

	*done = 0;
	while (result == SVSM_SUCCESS && *done < PARTS_MAX) {
		result = validate(*at);
		if (result == SVSM_ERR_INVALID_ADDRESS && *at < HIGH_GPA) {
			*at = HIGH_GPA;
			result = validate(*at);
		}
		if (result == SVSM_SUCCESS) {
			*at += PART_BYTES;
			++*done;
		}
	}
	return result;
}

static void check_asked(uint64_t at)
{
	check_subject("asked for memory: ");
	check_equal("again, as nothing was given", validate(at), NEEDS_ONE);
	check_true("there is nothing to withdraw", !is_available() && take_back() == 0);
	check_equal("a page is given", give_one(), SVSM_SUCCESS);
	check_true("it could be withdrawn", is_available());
	check_equal("the call is made again", validate(at), SVSM_SUCCESS);
	check_true("the page is used", !is_available() && take_back() == 0);
	check_equal("what was validated is known", svsm_pvalidate(at | SVSM_PVALIDATE_VALIDATE),
		    SVSM_ERR_CORE_NO_CHANGE);
	check_equal("and can be invalidated", svsm_pvalidate(at), SVSM_SUCCESS);
}

static void check_one_by_one(uint64_t *at)
{
	unsigned int done = 0, good = 0;

	check_subject("a page each time it asks: ");
	for (unsigned int i = 0; i < ONE_BY_ONE; i++) {
		*at += PART_BYTES;
		good += validate(*at) == NEEDS_ONE && give_one() == SVSM_SUCCESS &&
			validate(*at) == SVSM_SUCCESS;
	}
	check_equal("as many tables as pages", good, ONE_BY_ONE);
	*at += PART_BYTES;
	check_equal("then it asks again", go_on(at, &done), NEEDS_ONE);
	check_equal("at once", done, 0);
}

static void check_large(uint64_t at)
{
	const volatile uint64_t *words = (const volatile uint64_t *)LARGE_GPA;
	unsigned int used = 0;
	uint64_t back = 0, n;

	check_subject("2 MiB at once: ");
	(void)ghcb_page_state(LARGE_GPA, true, true);
	check_equal("validated",
		    svsm_pvalidate(LARGE_GPA | SVSM_PVALIDATE_2M | SVSM_PVALIDATE_VALIDATE),
		    SVSM_SUCCESS);
	check_equal("given", give(LARGE_GPA | SVSM_PVALIDATE_2M), SVSM_SUCCESS);
	check_equal("enough for all memory there is", go_on(&at, &used), SVSM_ERR_INVALID_ADDRESS);
	check_true("which used some of it", used > 0 && used < PAGES_PER_2M && is_available());
	do {
		n = take_back();
		back += n;
	} while (n > 0 && back < PAGES_PER_2M);
	check_equal("the rest comes back", back, PAGES_PER_2M - used);
	check_true("then there is nothing left", !is_available());
	/* The first pages were on top of the list when it was given: the last ones were used. */
	check_equal("what came back is zeros", words[0] | words[1] | words[2], 0);
	console_text("deposit: tables from the large page: ");
	console_decimal(used);
	console_line();
}

void guest_main(void)
{
	uint64_t at = PART_BYTES;
	unsigned int done = 0;

	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	check_subject("a region that is too small: ");
	check_equal("the SVSM asks for one page", go_on(&at, &done), NEEDS_ONE);
	check_true("not at the first call", done > 0);
	console_text("deposit: tables from the region: ");
	console_decimal(done);
	console_line();
	check_asked(at);
	check_one_by_one(&at);
	check_large(at);
	ghcb_terminate(check_end() ? 0 : REASON_FAILED);
}
