/*
 * The loader against image maps that no honest builder makes, and what it maps of good ones: text
 * from the image itself, data as copies, W^X, stacks and message buffers apart.
 */
#include "ipc/loader.h"

#include "mm/pool.h"
#include "world.h"

static const struct world two_cpus = { .cpus = 2, .guest_vmpl = 2 };
static const struct service_entry entry = { .name = "plain" };

static struct image_service *service(void)
{
	return &fake_image()->services[WORLD_PLAIN];
}

static uint8_t *page_of(uint32_t page)
{
	return (uint8_t *)fake_image() + page * PAGE_SIZE;
}

WORLD_TEST(maps)
{
	struct loaded loaded;
	void *page = NULL;
	const uint32_t text = WORLD_SERVICE_PAGE + 4 * WORLD_PLAIN;

	world_vcpus(&two_cpus);
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_OK);
	ROW("text, from the image");
	CHECK_EQ(fake_mapped(0, SERVICE_IMAGE_VA, &page), IMAGE_READ | IMAGE_EXEC);
	CHECK(page == page_of(text));
	ROW("constants, from the image");
	CHECK_EQ(fake_mapped(0, SERVICE_IMAGE_VA + PAGE_SIZE, &page), IMAGE_READ);
	CHECK(page == page_of(text + 1));
	ROW("data, a copy");
	CHECK_EQ(fake_mapped(0, WORLD_DATA_VA, &page), IMAGE_READ | IMAGE_WRITE);
	CHECK(page != page_of(text + 2));
	CHECK_MEM(page, page_of(text + 2), PAGE_SIZE);
	ROW("zeros");
	CHECK_EQ(fake_mapped(0, WORLD_DATA_VA + PAGE_SIZE, &page), IMAGE_READ | IMAGE_WRITE);
	CHECK_EQ(*(const uint8_t *)page, 0);
	ROW("nothing else");
	CHECK_EQ(fake_mapped(0, WORLD_DATA_VA + 2 * PAGE_SIZE, NULL), 0);
	CHECK_EQ(fake_mapped(0, SERVICE_IMAGE_VA - PAGE_SIZE, NULL), 0);
}

WORLD_TEST(resets)
{
	struct loaded loaded;
	uint8_t *page = NULL;

	world_vcpus(&two_cpus);
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_OK);
	CHECK(fake_mapped(0, WORLD_DATA_VA, (void **)&page) != 0);
	memset(page, 0x33, 2 * PAGE_SIZE);
	loader_reset(&loaded);
	CHECK_EQ(page[0], 0xD0 + WORLD_PLAIN);
	CHECK_EQ(page[PAGE_SIZE], 0);
	CHECK_EQ(page[2 * PAGE_SIZE - 1], 0);
}

static void check_cpu(struct loaded *loaded, unsigned int index)
{
	const uint64_t top = SERVICE_STACK_VA + (index + 1) * SERVICE_STACK_STRIDE - PAGE_SIZE;
	const uint64_t msg = SERVICE_MSG_VA + index * SERVICE_MSG_STRIDE;
	struct loaded_cpu cpu;
	struct user_ctx ctx;
	void *page = NULL;

	CHECK_EQ(loader_add_cpu(loaded, &cpu, index), ERR_OK);
	CHECK_EQ(fake_mapped(0, msg, &page), IMAGE_READ | IMAGE_WRITE);
	CHECK(page == cpu.msg);
	CHECK_EQ(fake_mapped(0, msg + 4 * PAGE_SIZE, NULL), IMAGE_READ | IMAGE_WRITE);
	CHECK_EQ(fake_mapped(0, msg + 5 * PAGE_SIZE, NULL), 0);
	CHECK_EQ(fake_mapped(0, msg - PAGE_SIZE, NULL), 0);
	CHECK_EQ(fake_mapped(0, top - PAGE_SIZE, NULL), IMAGE_READ | IMAGE_WRITE);
	CHECK_EQ(fake_mapped(0, top - 4 * PAGE_SIZE, &page), IMAGE_READ | IMAGE_WRITE);
	CHECK(page == cpu.stack);
	CHECK_EQ(fake_mapped(0, top, NULL), 0);
	CHECK_EQ(fake_mapped(0, top - 5 * PAGE_SIZE, NULL), 0);
	memset(cpu.msg, 0x44, sizeof(*cpu.msg));
	memset(cpu.stack, 0x44, 4 * PAGE_SIZE);
	loader_reset_cpu(loaded, &cpu, index, true, &ctx);
	CHECK_EQ(ctx.rip, SERVICE_IMAGE_VA);
	CHECK_EQ(ctx.rsp, top);
	CHECK_EQ(ctx.rdi, msg);
	CHECK_EQ(ctx.rsi, 1);
	CHECK_EQ(ctx.rax | ctx.rbx | ctx.rcx | ctx.rdx | ctx.r15, 0);
	CHECK_EQ(*(const uint8_t *)cpu.msg, 0);
	CHECK_EQ(((const uint8_t *)cpu.stack)[4 * PAGE_SIZE - 1], 0);
}

WORLD_TEST(adds_cpus)
{
	struct loaded loaded;

	world_vcpus(&two_cpus);
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_OK);
	for (unsigned int i = 0; i < 3; i++) {
		ROW("a CPU's stack and message buffer");
		check_cpu(&loaded, i);
	}
	ROW("the last CPU that can be");
	check_cpu(&loaded, 255);
}

static const struct {
	const char *name;
	unsigned int which;
	struct image_segment segment;
} hostile[] = {
	{ "writable text", 0, { 0x14000, 1, 0, IMAGE_READ | IMAGE_WRITE | IMAGE_EXEC, 0x400000 } },
	{ "VA not aligned", 0, { 0x14000, 1, 0, IMAGE_READ | IMAGE_EXEC, 0x400800 } },
	{ "VA below the image's room", 0, { 0x14000, 1, 0, IMAGE_READ, 0x3FF000 } },
	{ "VA zero", 0, { 0x14000, 1, 0, IMAGE_READ, 0 } },
	{ "VA at the message buffers", 0, { 0x14000, 1, 0, IMAGE_READ, SERVICE_MSG_VA } },
	{ "VA of the kernel", 0, { 0x14000, 1, 0, IMAGE_READ, KERNEL_VA } },
	{ "VA that wraps", 0, { 0x14000, 2, 0, IMAGE_READ, UINT64_C(0xFFFFFFFFFFFFF000) } },
	{ "across the end of the room", 2,
	  { 0x14000, 1, 1, IMAGE_READ | IMAGE_WRITE, 0x10000000 - 0x1000 } },
	{ "offset not aligned", 0, { 0x14010, 1, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "offset behind the region", 0,
	  { FAKE_REGION_BYTES, 1, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "across the region's end", 0,
	  { FAKE_REGION_BYTES - 0x1000, 2, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "the highest offset", 0, { 0xFFFFF000, 1, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "the pool's pages", 0,
	  { WORLD_IMAGE_PAGES * 0x1000, 1, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "as many pages as there are", 0,
	  { 0x14000, UINT32_MAX, 0, IMAGE_READ | IMAGE_EXEC, 0x400000 } },
	{ "as many zeros as there are", 2,
	  { 0x16000, 1, UINT32_MAX, IMAGE_READ | IMAGE_WRITE, WORLD_DATA_VA } },
	{ "zeros that cannot be written", 1, { 0x15000, 1, 1, IMAGE_READ, 0x401000 } },
	{ "nothing", 1, { 0x15000, 0, 0, IMAGE_READ, 0x401000 } },
};

WORLD_TEST(refuses)
{
	struct loaded loaded;
	struct image_service good;

	world_vcpus(&two_cpus);
	good = *service();
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		ROW(hostile[i].name);
		fake_space.count = 0;
		*service() = good;
		service()->segments[hostile[i].which] = hostile[i].segment;
		CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_FORMAT);
	}
	ROW("no segments");
	*service() = good;
	service()->segment_count = 0;
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_FORMAT);
	ROW("too many segments");
	service()->segment_count = IMAGE_SERVICE_SEGMENTS + 1;
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_FORMAT);
}

/* Each mapping fails in turn, then each page that it takes. */
WORLD_TEST(runs_out)
{
	struct loaded loaded;
	struct loaded_cpu cpu;

	world_vcpus(&two_cpus);
	for (unsigned int at = 1; at <= 5; at++) {
		ROW("no page for a table");
		fake_space = (struct fake_space){ .fails_at = at };
		CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_NOMEM);
	}
	fake_space = (struct fake_space){ 0 };
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_OK);
	for (unsigned int at = 1; at <= 8; at++) {
		ROW("no page for a CPU's tables");
		fake_space.calls = 0;
		fake_space.fails_at = at;
		CHECK_EQ(loader_add_cpu(&loaded, &cpu, 0), ERR_NOMEM);
	}
	ROW("no page for a stack");
	CHECK(pool_alloc(pool_free_pages() - 7) != NULL);
	CHECK_EQ(loader_add_cpu(&loaded, &cpu, 0), ERR_NOMEM);
	ROW("no page for data");
	CHECK(pool_free_pages() == 0 || pool_alloc(pool_free_pages()) != NULL);
	CHECK_EQ(loader_load(&loaded, service(), &entry), ERR_NOMEM);
}

UNIT_MAIN(CASE(maps), CASE(resets), CASE(adds_cpus), CASE(refuses), CASE(runs_out))
