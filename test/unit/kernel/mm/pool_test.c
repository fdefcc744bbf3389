/* The page pool: contiguous, zeroed, bounded, and only what the image left of the region. */
#include "mm/pool.h"

#include "panic.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

WORLD_TEST(gives_all_and_no_more)
{
	uint8_t *all;

	world_pool(&one_cpu);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES);
	CHECK(pool_alloc(FAKE_REGION_PAGES - WORLD_IMAGE_PAGES + 1) == NULL);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES);
	all = pool_alloc(FAKE_REGION_PAGES - WORLD_IMAGE_PAGES);
	CHECK(all == (uint8_t *)fake_image() + WORLD_IMAGE_PAGES * PAGE_SIZE);
	CHECK_EQ(pool_free_pages(), 0);
	CHECK(pool_alloc(1) == NULL);
	pool_free(all, FAKE_REGION_PAGES - WORLD_IMAGE_PAGES);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES);
}

WORLD_TEST(finds_holes_that_are_large_enough)
{
	uint8_t *a, *b, *c;

	world_pool(&one_cpu);
	a = pool_alloc(2);
	b = pool_alloc(3);
	c = pool_alloc(1);
	CHECK(b == a + 2 * PAGE_SIZE && c == b + 3 * PAGE_SIZE);
	pool_free(a, 2);
	CHECK(pool_alloc(3) == c + PAGE_SIZE);
	CHECK(pool_alloc(2) == a);
	pool_free(b, 3);
	CHECK(pool_alloc(1) == b);
	CHECK(pool_alloc(2) == b + PAGE_SIZE);
}

/* Freed pages are wiped at once, and come back as zeros. */
WORLD_TEST(keeps_no_secrets)
{
	static const uint8_t zeros[2 * PAGE_SIZE];
	uint8_t *a;

	world_pool(&one_cpu);
	a = pool_alloc(2);
	CHECK_MEM(a, zeros, sizeof(zeros));
	memset(a, 0xAA, sizeof(zeros));
	pool_free(a, 2);
	CHECK_MEM(a, zeros, sizeof(zeros));
	memset(a, 0xBB, sizeof(zeros));
	CHECK(pool_alloc(2) == a);
	CHECK_MEM(a, zeros, sizeof(zeros));
}

WORLD_TEST(translates)
{
	uint8_t *a;

	world_pool(&one_cpu);
	a = pool_alloc(1);
	CHECK_EQ(pool_gpa(a).value, REGION_BASE_DEFAULT + WORLD_IMAGE_PAGES * PAGE_SIZE);
	CHECK_EQ(pool_gpa(a + 5).value, REGION_BASE_DEFAULT + WORLD_IMAGE_PAGES * PAGE_SIZE + 5);
	CHECK(pool_at(pool_gpa(a)) == a);
	CHECK_EQ(pool_region().base.value, REGION_BASE_DEFAULT);
	CHECK_EQ(pool_region().bytes, FAKE_REGION_BYTES);
}

static void alloc_nothing(void)
{
	(void)pool_alloc(0);
}

static void free_image(void)
{
	pool_free(fake_image(), 1);
}

static void free_past_the_end(void)
{
	uint8_t *last = (uint8_t *)fake_image() + FAKE_REGION_BYTES - PAGE_SIZE;

	pool_free(last, 2);
}

static void free_foreign(void)
{
	pool_free(fake_at(0), 1);
}

static void gpa_of_foreign(void)
{
	(void)pool_gpa(fake_at(0));
}

static void at_foreign(void)
{
	(void)pool_at(gpa(0));
}

static void no_room_for_a_pool(void)
{
	fake_image()->image_pages = FAKE_REGION_PAGES;
	pool_init(fake_image());
}

/* What only a bug of the kernel's own can do. */
WORLD_TEST(asserts)
{
	static const struct {
		const char *name;
		void (*body)(void);
	} rows[] = {
		{ "no pages", alloc_nothing },
		{ "the image's page", free_image },
		{ "past the end", free_past_the_end },
		{ "not the pool's", free_foreign },
		{ "gPA of what is outside", gpa_of_foreign },
		{ "pointer to what is outside", at_foreign },
		{ "an image that fills the region", no_room_for_a_pool },
	};

	world_pool(&one_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(world_panic_of(rows[i].body), PANIC_BUG);
	}
}

UNIT_MAIN(CASE(gives_all_and_no_more), CASE(finds_holes_that_are_large_enough),
	  CASE(keeps_no_secrets), CASE(translates), CASE(asserts))
