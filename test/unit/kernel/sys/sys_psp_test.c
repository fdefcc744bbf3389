/* Messages to the PSP and the key they are made with, as the kernel carries them. */
#include <string.h>

#include "caller.h"
#include "secrets.h"

#define AT offsetof(struct msg_buffer, scratch)

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

WORLD_TEST(exchanges)
{
	struct fake_answer answer;

	world_vcpus(&one_cpu);
	memset(caller_msg.scratch, 0x0F, PAGE_SIZE);
	fake_psp.answer = (struct psp_answer){ .status = UINT64_C(0x100000005) };
	answer = caller_call(SYS_PSP, AT, 0, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, UINT64_C(0x100000005));
	CHECK_EQ(caller_msg.scratch[0], 0xF0);
	CHECK_EQ(caller_msg.scratch[PAGE_SIZE - 1], 0xF0);
	CHECK_EQ(fake_psp.certificate_pages, 0);
	ROW("no certificates without asking");
	CHECK_EQ(caller_err(SYS_PSP_CERTIFICATES, 0, AT, 0), ERR_INVALID);
	ROW("with certificates");
	fake_psp.answer.certificate_pages = 2;
	CHECK_EQ(caller_err(SYS_PSP, AT, 4, 0), ERR_OK);
	CHECK_EQ(fake_psp.certificate_pages, 4);
	answer = caller_call(SYS_PSP_CERTIFICATES, 3, AT, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 2);
	CHECK_EQ(caller_msg.scratch[0], 0xC3);
	CHECK_EQ(caller_err(SYS_PSP_CERTIFICATES, 4, AT, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_PSP_CERTIFICATES, UINT64_MAX, AT, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_PSP_CERTIFICATES, 0, CALLER_BYTES - 4095, 0), ERR_INVALID);
}

WORLD_TEST(refuses)
{
	world_vcpus(&one_cpu);
	CHECK_EQ(caller_err(SYS_PSP, CALLER_BYTES - 4095, 0, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_PSP, UINT64_MAX, 0, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_PSP, AT, 5, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_PSP, AT, UINT64_MAX, 0), ERR_INVALID);
	CHECK_EQ(fake_psp.exchanges, 0);
	ROW("a host that does not do it");
	fake_psp.err = ERR_HOST;
	CHECK_EQ(caller_err(SYS_PSP, AT, 4, 0), ERR_HOST);
	CHECK_EQ(caller_err(SYS_PSP_CERTIFICATES, 0, AT, 0), ERR_INVALID);
}

WORLD_TEST(key_is_given_once)
{
	static struct secrets_page page;

	world_vcpus(&one_cpu);
	ROW("before there is one");
	CHECK_EQ(caller_err(SYS_VMPCK, AT, 0, 0), ERR_REQUEST);
	memset(page.vmpck, 0x66, sizeof(page.vmpck));
	secrets_init(&page, 2);
	CHECK_EQ(caller_err(SYS_VMPCK, CALLER_BYTES - 31, 0, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_VMPCK, AT, 0, 0), ERR_OK);
	CHECK_EQ(caller_msg.scratch[31], 0x66);
	CHECK_EQ(page.vmpck[0][31], 0);
	CHECK_EQ(page.vmpck[1][0], 0x66);
	ROW("again");
	CHECK_EQ(caller_err(SYS_VMPCK, AT, 0, 0), ERR_REQUEST);
	secrets_wipe();
	CHECK_EQ(page.vmpck[3][31], 0);
}

WORLD_TEST(secret_of_the_launch)
{
	static struct secrets_page page;

	world_vcpus(&one_cpu);
	memset(page.vmpck[1], 0x55, VMPCK_BYTES);
	ROW("VMPCK1 is the guest's");
	secrets_init(&page, 1);
	CHECK_EQ(caller_err(SYS_LAUNCH_SECRET, AT, 0, 0), ERR_REQUEST);
	CHECK_EQ(page.vmpck[1][0], 0x55);
	ROW("nobody has it");
	secrets_init(&page, 2);
	CHECK_EQ(caller_err(SYS_LAUNCH_SECRET, CALLER_BYTES - 31, 0, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_LAUNCH_SECRET, AT, 0, 0), ERR_OK);
	CHECK_EQ(caller_msg.scratch[31], 0x55);
	CHECK_EQ(page.vmpck[1][0], 0);
	CHECK_EQ(caller_err(SYS_LAUNCH_SECRET, AT, 0, 0), ERR_REQUEST);
	ROW("and VMPCK0 is another key");
	CHECK_EQ(caller_err(SYS_VMPCK, AT, 0, 0), ERR_OK);
}

WORLD_TEST(no_key_after_a_wipe)
{
	static struct secrets_page page;

	world_vcpus(&one_cpu);
	secrets_init(&page, 2);
	secrets_wipe();
	CHECK_EQ(caller_err(SYS_VMPCK, AT, 0, 0), ERR_REQUEST);
}

UNIT_MAIN(CASE(exchanges), CASE(refuses), CASE(key_is_given_once),
	  CASE(secret_of_the_launch), CASE(no_key_after_a_wipe))
