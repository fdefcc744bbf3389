/* REMAP_CA: where the calling area may go, and what becomes of the old one. */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "layout.h"
#include "svsm.h"

#define REMAP SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REMAP_CA)
#define QUERY SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL)

#define NEW_GPA	      (RAM_4K + 0x51000)
#define UNTOUCHED_GPA (RAM_4K + 0x52000)

static struct client_call remap(uint64_t gpa)
{
	return (struct client_call){.rax = REMAP, .rcx = gpa, .rdx = 1, .r8 = 2};
}

static void check_refusals(void)
{
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	check_subject("REMAP_CA: ");
	check_call("misaligned by 1", remap(NEW_GPA + 1), SVSM_ERR_INVALID_PARAMETER);
	check_call("misaligned by 2K", remap(NEW_GPA + 0x800), SVSM_ERR_INVALID_PARAMETER);
	check_call("not validated", remap(UNTOUCHED_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_subject("REMAP_CA, to: ");
	for (unsigned int i = 0; i < count; i++) {
		check_call(bad[i].name, remap(bad[i].gpa), SVSM_ERR_INVALID_ADDRESS);
	}
}

/* A call in the area that is no longer one: the SVSM has nothing to do. */
static void check_old_is_dead(void)
{
	struct client old = *svsm_client();
	struct client_call call = {.rax = QUERY, .rcx = 1};
	enum err err;

	old.caa = (struct svsm_caa *)(uintptr_t)CAA_GPA;
	err = client_call_once(&old, &call, 1);
	check_true("the old area is no longer served",
		   err == ERR_HOST && call.rax == QUERY && call.rcx == 1);
}

static void check_move(void)
{
	struct svsm_caa *area = (struct svsm_caa *)(uintptr_t)NEW_GPA;

	check_subject("REMAP_CA: ");
	area->call_pending = 1;
	area->buffer[0] = 0x77;
	check_equal("good", svsm_remap(NEW_GPA), SVSM_SUCCESS);
	check_equal("both pending bytes are clear",
		    area->call_pending | ((struct svsm_caa *)(uintptr_t)CAA_GPA)->call_pending, 0);
	check_equal("the new area keeps its contents", area->buffer[0], 0x77);
	check_equal("the new area cannot be invalidated", svsm_pvalidate(NEW_GPA),
		    SVSM_ERR_INVALID_ADDRESS);
	check_old_is_dead();
	check_equal("back", svsm_remap(CAA_GPA), SVSM_SUCCESS);
	check_equal("then the other is plain memory", svsm_pvalidate(NEW_GPA), SVSM_SUCCESS);
}

void cases_remap(void)
{
	svsm_accept(NEW_GPA);
	check_refusals();
	check_move();
}
