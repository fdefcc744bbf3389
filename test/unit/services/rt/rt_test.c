/* The loop of a service, with a service and a kernel that are functions here. */
#include "rt/rt.h"

#include <setjmp.h>
#include <string.h>

#include "base/compiler.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "unit.h"

static struct msg_buffer buffer;
static jmp_buf ended;
static enum err init_says;
static unsigned int waits_left; /* SYS_REPLY_WAIT fails after so many */
static unsigned int inits, waits, handled, exits;
static struct msg_header request_seen;
static struct msg_header reply_seen;

enum err service_init(void)
{
	inits++;
	return init_says;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	handled++;
	request_seen = *request;
	reply_seen = *reply;
	reply->r9 = handled;
}

struct rt_answer rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct rt_answer answer = {.err = ERR_OK, .value = a + b + c};

	if (number == SYS_EXIT) {
		exits++;
		longjmp(ended, 1);
	}
	waits += number == SYS_REPLY_WAIT;
	if (waits_left-- == 0) {
		answer.err = ERR_INVALID;
	}
	return answer;
}

/* Runs until the service exits, which it does when a wait fails. */
static void run(uint64_t first, enum err init, unsigned int requests)
{
	memset(&buffer, 0xA5, sizeof(buffer));
	buffer.request.protocol = 7;
	buffer.request.call = 8;
	buffer.request.rcx = 9;
	init_says = init;
	waits_left = requests;
	inits = waits = handled = exits = 0;
	if (setjmp(ended) == 0) {
		rt_main(&buffer, first);
	}
}

TEST(initialises_once)
{
	run(1, ERR_OK, 0);
	CHECK_EQ(inits, 1);
	run(0, ERR_OK, 0);
	CHECK_EQ(inits, 0);
}

TEST(failed_init_ends_it)
{
	run(1, ERR_NOMEM, 5);
	CHECK_EQ(waits, 0);
	CHECK_EQ(handled, 0);
	CHECK_EQ(exits, 1);
}

TEST(waits_before_it_answers)
{
	run(1, ERR_OK, 0);
	CHECK_EQ(waits, 1);
	CHECK_EQ(handled, 0);
	CHECK_EQ(exits, 1);
}

TEST(answers_each_request)
{
	run(1, ERR_OK, 3);
	CHECK_EQ(handled, 3);
	CHECK_EQ(waits, 4);
	CHECK_EQ(buffer.reply.r9, 3);
}

TEST(reply_arrives_clean)
{
	struct msg_header want = {.version = MSG_VERSION, .protocol = 7, .call = 8};

	run(0, ERR_OK, 1);
	CHECK_MEM(&reply_seen, &want, sizeof(want));
	CHECK_EQ(request_seen.rcx, 9);
	CHECK(service_buffer(&buffer.reply) == &buffer);
}

UNIT_MAIN(CASE(initialises_once), CASE(failed_init_ends_it), CASE(waits_before_it_answers),
	  CASE(answers_each_request), CASE(reply_arrives_clean))
