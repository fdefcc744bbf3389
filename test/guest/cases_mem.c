/* DEPOSIT_MEM and WITHDRAW_MEM: what may be given, what the SVSM then owns, and that it comes back.
 */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "svsm.h"

#define DEPOSIT	 SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_DEPOSIT_MEM)
#define WITHDRAW SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_WITHDRAW_MEM)

#define LIST_GPA (RAM_4K + 0xF0000)
#define GIFT_GPA (RAM_4K + 0xF1000)
#define IDLE_GPA (RAM_4K + 0xF8000) /* not validated */
#define BIG_GPA	 (RAM_2M + 4 * PAGE_2M_SIZE)

struct list {
	struct svsm_list header;
	uint64_t entry;
};

static struct client_call deposit(uint64_t entry)
{
	struct list *list = (struct list *)(uintptr_t)LIST_GPA;

	*list = (struct list){{.count = 1}, entry};
	return (struct client_call){.rax = DEPOSIT, .rcx = LIST_GPA, .rdx = 1, .r8 = 2};
}

static struct client_call withdraw(uint64_t gpa)
{
	return (struct client_call){.rax = WITHDRAW, .rcx = gpa, .rdx = 1, .r8 = 2};
}

static bool is_available(void)
{
	return ((const volatile struct svsm_caa *)(uintptr_t)svsm_caa_gpa())->mem_available != 0;
}

static void check_refusals(void)
{
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	check_subject("DEPOSIT_MEM: ");
	check_call("not validated", deposit(IDLE_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_call("reserved bit 2", deposit(GIFT_GPA | BIT(2)), SVSM_ERR_INVALID_FORMAT);
	check_call("reserved bit 11", deposit(GIFT_GPA | BIT(11)), SVSM_ERR_INVALID_FORMAT);
	check_call("size 2", deposit(GIFT_GPA | 2), SVSM_ERR_INVALID_PARAMETER);
	check_call("2M misaligned", deposit(GIFT_GPA | 1), SVSM_ERR_INVALID_PARAMETER);
	check_subject("DEPOSIT_MEM, of: ");
	for (unsigned int i = 0; i < count; i++) {
		check_call(bad[i].name, deposit(align_down(bad[i].gpa, PAGE_SIZE)),
			   SVSM_ERR_INVALID_ADDRESS);
	}
	check_subject("WITHDRAW_MEM: ");
	check_call("misaligned", withdraw(LIST_GPA + 4), SVSM_ERR_INVALID_PARAMETER);
	check_call("no room for a gPA", withdraw(LIST_GPA + PAGE_SIZE - 8),
		   SVSM_ERR_INVALID_PARAMETER);
	check_call("buffer not validated", withdraw(IDLE_GPA), SVSM_ERR_INVALID_ADDRESS);
}

static uint16_t withdraw_all(uint64_t *first)
{
	const struct svsm_withdrawn *got = (const struct svsm_withdrawn *)(uintptr_t)LIST_GPA;
	struct client_call call = withdraw(LIST_GPA);

	check_equal("withdraw", svsm_call(&call), SVSM_SUCCESS);
	*first = got->count > 0 ? got->gpas[0] : 0;
	return got->count;
}

static void check_one(void)
{
	volatile uint64_t *gift = (volatile uint64_t *)(uintptr_t)GIFT_GPA;
	uint64_t got;

	check_subject("a deposited page: ");
	check_true("nothing to withdraw at first", !is_available());
	*gift = UINT64_C(0x1234567890abcdef);
	check_call("given", deposit(GIFT_GPA), SVSM_SUCCESS);
	check_true("MEM_AVAILABLE says so", is_available());
	check_call("not given twice", deposit(GIFT_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_equal("not invalidated", svsm_pvalidate(GIFT_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_equal("not validated", svsm_pvalidate(GIFT_GPA | SVSM_PVALIDATE_VALIDATE),
		    SVSM_ERR_INVALID_ADDRESS);
	check_equal("not a calling area", svsm_remap(GIFT_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_equal("comes back alone", withdraw_all(&got), 1);
	check_equal("is the same page", got, GIFT_GPA);
	check_true("then nothing is left", !is_available());
	check_true("and it is zeroed", *gift == 0 && gift[1] == 0 && gift[2] == 0);
	*gift = 1;
	check_equal("it can be written and invalidated", svsm_pvalidate(GIFT_GPA), SVSM_SUCCESS);
}

static void check_large(void)
{
	unsigned int back = 0;
	uint64_t got;
	uint16_t n;

	check_subject("a deposited 2M page: ");
	check_equal("validated",
		    svsm_pvalidate(BIG_GPA | SVSM_PVALIDATE_2M | SVSM_PVALIDATE_VALIDATE),
		    SVSM_SUCCESS);
	check_call("given", deposit(BIG_GPA | SVSM_PVALIDATE_2M), SVSM_SUCCESS);
	do {
		n = withdraw_all(&got);
		back += n;
	} while (n > 0 && back < PAGES_PER_2M);
	check_equal("all of it comes back", back, PAGES_PER_2M);
}

void cases_mem(void)
{
	svsm_accept(LIST_GPA);
	svsm_accept(GIFT_GPA);
	check_refusals();
	check_one();
	check_large();
}
