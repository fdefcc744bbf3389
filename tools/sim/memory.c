/* System memory and the host's map. Single-threaded: everything here is settled before a guest
 * runs. */
#include "memory.h"

#include "base/bits.h"
#include "base/mem.h"
#include "base/overflow.h"
#include "log.h"
#include "x86.h"

#define LOW_MEMORY_LEAST UINT64_C(0x4000000)
#define MAX_RANGES	 24
#define CMOS_INDEX	 0x70
#define CMOS_DATA	 0x71

extern const char image_start[];

static uint64_t image_pa;
static uint64_t low_end;
static uint64_t high_bytes;
static uint64_t cursor; /* lowest hidden byte so far */
static uint64_t hidden_base;
static uint64_t hidden_end;
static struct memory_range ranges[MAX_RANGES];
static unsigned int range_count;

static uint64_t cmos(uint8_t index)
{
	out8(CMOS_INDEX, index);
	return in8(CMOS_DATA);
}

void memory_init(uint64_t base)
{
	low_end = (((cmos(0x35) << 8) | cmos(0x34)) << 16) + 0x1000000;
	high_bytes = ((cmos(0x5d) << 16) | (cmos(0x5c) << 8) | cmos(0x5b)) << 16;
	image_pa = base + MEMORY_IMAGE_BYTES;
	cursor = base;
	hidden_end = low_end;
}

uint64_t memory_tables(void)
{
	return image_pa - MEMORY_IMAGE_BYTES;
}

uint64_t memory_pa_of(const void *object)
{
	uint64_t at = (uint64_t)(uintptr_t)object;
	uint64_t image = (uint64_t)(uintptr_t)image_start;

	return at >= image ? at - image + image_pa : at - MEMORY_DIRECT_MAP;
}

uint64_t memory_alloc(uint64_t bytes, uint64_t align)
{
	if (bytes > cursor || cursor - bytes < LOW_MEMORY_LEAST) {
		log_fatal("out of memory: %lu KiB more would leave the guest less than %lu MiB; "
			  "give QEMU more with -m",
			  bytes >> 10, LOW_MEMORY_LEAST >> 20);
	}
	cursor = align_down(cursor - bytes, align);
	if (cursor < hidden_base) {
		log_fatal("the simulator wants memory after the guest's has been settled");
	}
	memset(memory_ptr(cursor), 0, bytes);
	return cursor;
}

static bool in_ram(uint64_t gpa)
{
	return gpa < low_end || (gpa >= MEMORY_4G && gpa - MEMORY_4G < high_bytes);
}

static void range_remove(unsigned int index)
{
	range_count--;
	for (; index < range_count; index++) {
		ranges[index] = ranges[index + 1];
	}
}

void memory_want(uint64_t gpa, uint64_t bytes)
{
	struct memory_range all = {.gpa = gpa, .bytes = bytes};
	unsigned int i = 0;
	uint64_t end;

	if (in_ram(gpa)) {
		return;
	}
	while (i < range_count) {
		if (gpa > ranges[i].gpa + ranges[i].bytes || ranges[i].gpa > gpa + bytes) {
			i++;
			continue;
		}
		end = all.gpa + all.bytes;
		if (ranges[i].gpa + ranges[i].bytes > end) {
			end = ranges[i].gpa + ranges[i].bytes;
		}
		all.gpa = ranges[i].gpa < all.gpa ? ranges[i].gpa : all.gpa;
		all.bytes = end - all.gpa;
		range_remove(i);
		i = 0;
	}
	if (range_count == MAX_RANGES - 3) {
		log_fatal("the image is scattered over more than %u places without RAM",
			  MAX_RANGES);
	}
	ranges[range_count++] = all;
}

void memory_back_wanted(void)
{
	for (unsigned int i = 0; i < range_count; i++) {
		uint64_t offset = ranges[i].gpa & (PAGE_2M_SIZE - 1);

		ranges[i].spa = memory_alloc(ranges[i].bytes + offset, PAGE_2M_SIZE) + offset;
		log_line("host: gpa 0x%lx +0x%lx is backed by hidden memory", ranges[i].gpa,
			 ranges[i].bytes);
	}
}

static void add_ram(uint64_t base, uint64_t bytes)
{
	if (bytes != 0) {
		ranges[range_count++] = (struct memory_range){base, bytes, base};
	}
}

void memory_seal(void)
{
	hidden_base = align_down(cursor, PAGE_2M_SIZE);
	add_ram(0xc0000, hidden_base - 0xc0000);
	add_ram(MEMORY_4G, high_bytes);
	add_ram(0, 0xa0000);
	log_line("memory: guest 0..0x%lx, 4 GiB..+0x%lx; hidden 0x%lx..0x%lx", hidden_base,
		 high_bytes, hidden_base, hidden_end);
}

bool memory_find(uint64_t gpa, uint64_t *spa)
{
	for (unsigned int i = 0; i < range_count; i++) {
		if (gpa - ranges[i].gpa < ranges[i].bytes) {
			*spa = ranges[i].spa + (gpa - ranges[i].gpa);
			return true;
		}
	}
	return false;
}

bool memory_is_hidden(uint64_t spa, uint64_t bytes)
{
	return ranges_overlap(spa, bytes, hidden_base, hidden_end - hidden_base);
}

uint64_t memory_low_end(void)
{
	return low_end;
}

uint64_t memory_high_bytes(void)
{
	return high_bytes;
}

uint64_t memory_hidden_base(void)
{
	return hidden_base;
}

bool memory_range_at(unsigned int index, struct memory_range *range)
{
	if (index >= range_count) {
		return false;
	}
	*range = ranges[index];
	return true;
}
