/* Reads the inputs, lays out the parts, sorts the pages. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/overflow.h"
#include "boot_tables.h"
#include "igvm_read.h"

#define LOW_END UINT64_C(0x100000)

static enum err read_elf(struct elf_image *elf, const struct layout_file *file,
			 struct problem *problem)
{
	enum err err = elf_read(elf, file->data, file->bytes);

	if (err != ERR_OK) {
		return problem_set(problem, err, file->path,
				   "%s (offset 0x%llx); build it with its own linker script",
				   elf->defect, (unsigned long long)elf->defect_at);
	}
	return ERR_OK;
}

static enum err read_inputs(struct layout *l, const struct layout_input *in,
			    struct problem *problem)
{
	enum err err = read_elf(&l->stub, &in->stub, problem);

	if (err == ERR_OK) {
		err = read_elf(&l->kernel, &in->kernel, problem);
	}
	for (uint32_t i = 0; i < in->service_count && err == ERR_OK; i++) {
		err = read_elf(&l->services[i], &in->services[i].file, problem);
	}
	if (err != ERR_OK) {
		return err;
	}
	err = ovmf_read(&l->firmware, in->firmware.data, in->firmware.bytes);
	if (err != ERR_OK) {
		return problem_set(
			problem, err, in->firmware.path,
			"%s (offset 0x%llx); use an OVMF.fd of edk2-stable202408 or later",
			l->firmware.defect, (unsigned long long)l->firmware.defect_at);
	}
	return ERR_OK;
}

/* What is measured takes at most a third of the region: the rest is for the kernel's pool, from
 * which services get their data, stacks and heaps. */
static uint64_t choose_region(const struct layout *l, const struct layout_input *in)
{
	const uint64_t image = layout_image_bytes(l, in);
	uint64_t bytes = REGION_BYTES_DEFAULT;

	while (bytes < REGION_BYTES_MAX && image > bytes / 3) {
		bytes *= 2;
	}
	return bytes;
}

static enum err check_region(const struct layout_input *in, struct problem *problem)
{
	uint64_t most = ((BOOT_LOW_END - LOW_BASE) / PAGE_SIZE - 16) * PAGE_2M_SIZE;

	most = most < REGION_BYTES_MAX ? most : REGION_BYTES_MAX;
	if (!is_aligned(in->region_base, PAGE_2M_SIZE) ||
	    !is_aligned(in->region_bytes, PAGE_2M_SIZE)) {
		return problem_set(
			problem, ERR_INVALID, "region",
			"base 0x%llx or size 0x%llx is no multiple of 2 MiB; choose others",
			(unsigned long long)in->region_base, (unsigned long long)in->region_bytes);
	}
	if (in->region_bytes == 0 || in->region_bytes > most) {
		return problem_set(problem, ERR_INVALID, "region",
				   "size 0x%llx is not within 2 MiB and 0x%llx; choose another",
				   (unsigned long long)in->region_bytes, (unsigned long long)most);
	}
	if (!range_within(in->region_base, in->region_bytes, LOW_END,
			  BIT(IGVM_GPA_BITS) - LOW_END)) {
		return problem_set(
			problem, ERR_INVALID, "region",
			"base 0x%llx is below 1 MiB or reaches gPA bit 47; choose another",
			(unsigned long long)in->region_base);
	}
	return ERR_OK;
}

enum err layout_firmware(struct layout *l, const struct layout_input *in, struct problem *problem)
{
	const struct ovmf_image *fw = &l->firmware;

	l->map.firmware_gpa = OVMF_TOP - in->firmware.bytes;
	l->map.firmware_bytes = in->firmware.bytes;
	if (ranges_overlap(in->region_base, in->region_bytes, l->map.firmware_gpa,
			   l->map.firmware_bytes)) {
		return problem_set(problem, ERR_INVALID, in->firmware.path,
				   "overlaps the region (0x%llx); choose another --region-base",
				   (unsigned long long)in->region_base);
	}
	for (uint32_t i = 0; i < fw->section_count; i++) {
		if (ranges_overlap(in->region_base, in->region_bytes, fw->sections[i].base,
				   fw->sections[i].bytes)) {
			return problem_set(problem, ERR_INVALID, in->firmware.path,
					   "has a section in the region (0x%x); choose another "
					   "--region-base",
					   fw->sections[i].base);
		}
		l->map.sections[i] = fw->sections[i];
	}
	l->map.section_count = fw->section_count;
	return pages_add_range(&l->pages, l->map.firmware_gpa, in->firmware.bytes / PAGE_SIZE,
			       in->firmware.data, in->firmware.bytes);
}

enum err layout_make(struct layout *l, const struct layout_input *input, struct problem *problem)
{
	struct layout_input chosen = *input;
	const struct layout_input *in = &chosen;
	enum err err;

	memset(l, 0, sizeof(*l));
	err = read_inputs(l, input, problem);
	if (input->region_bytes == LAYOUT_REGION_CHOOSE) {
		chosen.region_bytes = choose_region(l, input);
	}
	if (err == ERR_OK) {
		err = check_region(in, problem);
	}
	if (err == ERR_OK) {
		l->map = (struct image_map){
			.magic = IMAGE_MAP_MAGIC,
			.version = IMAGE_MAP_VERSION,
			.bytes = sizeof(l->map),
			.region_base = in->region_base,
			.region_bytes = in->region_bytes,
			.flags = in->wants_la57 ? IMAGE_WANT_LA57 : 0,
			.guest_vmpl = in->guest_vmpl,
		};
		err = layout_region(l, in, problem);
	}
	if (err == ERR_OK) {
		err = layout_firmware(l, in, problem);
	}
	if (err == ERR_OK) {
		err = layout_low(l, in, problem);
	}
	if (err == ERR_OK) {
		/* Last, when everything in it is known. */
		err = pages_add(&l->pages, in->region_base, 0, &l->map, sizeof(l->map));
	}
	if (err == ERR_OK && !pages_sort(&l->pages)) {
		err = problem_set(problem, ERR_INVALID, "image", "two pages overlap; report this");
	}
	if (err == ERR_NOMEM) {
		err = problem_set(problem, err, "image", "no memory to build it; free some");
	}
	return err;
}

void layout_free(struct layout *l)
{
	pages_free(&l->pages);
	free(l->access);
	l->access = NULL;
}
