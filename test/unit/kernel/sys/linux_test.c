/* Linux's system calls, made by a service that declares them; and the heap behind mmap. */
#include "sys/linux.h"

#include <string.h>

#include "ipc/route.h"
#include "svsm/protocol.h"
#include "world.h"

#define WRITE	      1
#define MMAP	      9
#define MUNMAP	      11
#define BRK	      12
#define WRITEV	      20
#define ARCH_PRCTL    158
#define CLOCK_GETTIME 228
#define EXIT_GROUP    231
#define GETRANDOM     318

#define PRIVATE_ANONYMOUS 0x22

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };
static void (*body)(void);

static void program(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		body();
		world_reply(msg, SVSM_SUCCESS);
	}
}

static uint32_t run(void (*what)(void), enum world_service service)
{
	struct route_call call = { .protocol = WORLD_PROTOCOL(service), .vmpl = 2 };

	fake_programs[service] = program;
	world_boot(&one_cpu);
	body = what;
	route_dispatch(&call);
	return call.result;
}

static int64_t map(uint64_t bytes)
{
	return fake_linux(MMAP, 0, bytes, 3, PRIVATE_ANONYMOUS);
}

static void heap(void)
{
	int64_t all = map(8 * PAGE_SIZE);
	uint8_t *page = fake_user_at((uint64_t)all + 7 * PAGE_SIZE, IMAGE_WRITE);
	int64_t three;

	CHECK_EQ(all, SERVICE_HEAP_VA);
	CHECK(page != NULL && page[0] == 0);
	page[0] = 0x55;
	ROW("the quota");
	CHECK_EQ(map(1), -12);
	ROW("given back, taken again, zeroed");
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all + 5 * PAGE_SIZE, 3 * PAGE_SIZE, 0, 0), 0);
	three = map(2 * PAGE_SIZE + 1);
	CHECK_EQ(three, all + 5 * (int64_t)PAGE_SIZE);
	CHECK_EQ(page[0], 0);
	ROW("what is not there");
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all, 9 * PAGE_SIZE, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all + 1, PAGE_SIZE, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, SERVICE_IMAGE_VA, PAGE_SIZE, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, UINT64_MAX & ~UINT64_C(0xFFF), PAGE_SIZE, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all, UINT64_MAX, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all, 0, 0, 0), -22);
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all, PAGE_SIZE, 0, 0), 0);
	CHECK_EQ(fake_linux(MUNMAP, (uint64_t)all, PAGE_SIZE, 0, 0), -22);
	ROW("what mmap refuses");
	CHECK_EQ(map(0), -22);
	CHECK_EQ(map(UINT64_MAX), -22);
	CHECK_EQ(fake_linux(MMAP, 0, 1, 7, PRIVATE_ANONYMOUS), -13);
	CHECK_EQ(fake_linux(MMAP, 0, 1, 3, 0x02), -22);
	CHECK_EQ(fake_linux(MMAP, 0, 1, 3, 0x21), -22);
	CHECK_EQ(fake_linux(MMAP, 0, 1, 3, 0x32), -22);
	CHECK_EQ(fake_linux(BRK, 0, 0, 0, 0), 0);
}

static void pointers(void)
{
	const uint64_t data = WORLD_DATA_VA;
	const uint64_t bad[] = { 0, SERVICE_IMAGE_VA, data + 2 * PAGE_SIZE - 8, BIT(47),
				 UINT64_C(0xffffffff80000000), UINT64_MAX - 7 };
	uint64_t *page = fake_user_at(data, IMAGE_WRITE);

	ROW("written through");
	CHECK_EQ(fake_linux(CLOCK_GETTIME, 1, data, 0, 0), 0);
	CHECK_EQ(fake_linux(GETRANDOM, data + PAGE_SIZE - 8, 16, 0, 0), 16);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ROW("not the service's to write");
		CHECK_EQ(fake_linux(CLOCK_GETTIME, 1, bad[i], 0, 0), -14);
		CHECK_EQ(fake_linux(GETRANDOM, bad[i], 16, 0, 0), -14);
	}
	ROW("read through");
	memcpy(page + 16, "hello\n", 6);
	page[0] = data + 128;
	page[1] = 6;
	CHECK_EQ(fake_linux(WRITEV, 2, data, 1, 0), 6);
	CHECK(strstr(fake_console(), "shared: hello") != NULL);
	CHECK_EQ(fake_linux(WRITE, 1, data + 128, 6, 0), 6);
	CHECK_EQ(fake_linux(WRITE, 3, data + 128, 6, 0), -9);
	CHECK_EQ(fake_linux(WRITE, 1, 0, 6, 0), -14);
	CHECK_EQ(fake_linux(WRITEV, 1, 0, 1, 0), -14);
	page[0] = UINT64_MAX;
	page[1] = UINT64_MAX;
	CHECK_EQ(fake_linux(WRITEV, 2, data, UINT64_MAX, 0), -14);
	ROW("the thread's base");
	CHECK_EQ(fake_linux(ARCH_PRCTL, 0x1002, data, 0, 0), 0);
	CHECK_EQ(fake_fs_base(), data);
	CHECK_EQ(fake_linux(ARCH_PRCTL, 0x1002, BIT(47), 0, 0), -22);
	CHECK_EQ(fake_linux(ARCH_PRCTL, 0x1001, data, 0, 0), -22);
	ROW("entropy that fails");
	fake_cpu.random_fails = true;
	CHECK_EQ(fake_linux(GETRANDOM, data, 16, 0, 0), -5);
}

static void unknown(void)
{
	CHECK_EQ(fake_linux(2, 0, 0, 0, 0), -38);
	CHECK_EQ(fake_linux(SYS_BASE - 1, 0, 0, 0, 0), -38);
	fake_console_clear();
	CHECK_EQ(fake_linux(2, 0, 0, 0, 0), -38);
	CHECK(strstr(fake_console(), "not served") == NULL);
	CHECK_EQ(fake_linux(3, 0, 0, 0, 0), -38);
	CHECK(strstr(fake_console(), "system call 3 is not served") != NULL);
}

static void leaves(void)
{
	(void)fake_linux(EXIT_GROUP, 0, 0, 0, 0);
}

static void without_right(void)
{
	CHECK_EQ(fake_linux(MMAP, 0, 1, 3, PRIVATE_ANONYMOUS), ERR_UNSUPPORTED);
	CHECK_EQ(fake_linux(EXIT_GROUP, 0, 0, 0, 0), ERR_UNSUPPORTED);
}

WORLD_TEST(memory)
{
	CHECK_EQ(run(heap, WORLD_SHARED), SVSM_SUCCESS);
}

WORLD_TEST(checks_pointers)
{
	CHECK_EQ(run(pointers, WORLD_SHARED), SVSM_SUCCESS);
}

WORLD_TEST(refuses_the_rest)
{
	CHECK_EQ(run(unknown, WORLD_SHARED), SVSM_SUCCESS);
}

WORLD_TEST(exits)
{
	CHECK_EQ(run(leaves, WORLD_SHARED), SVSM_ERR_KEEL_SERVICE_DIED);
}

WORLD_TEST(needs_the_right)
{
	CHECK_EQ(run(without_right, WORLD_PLAIN), SVSM_SUCCESS);
}

UNIT_MAIN(CASE(memory), CASE(checks_pointers), CASE(refuses_the_rest), CASE(exits),
	  CASE(needs_the_right))
