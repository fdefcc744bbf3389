/* Low memory: stub, stub parameters, CPUID page, boot tables; and the VMSA that starts there. */
#include <stdlib.h>
#include <string.h>

#include "base/overflow.h"
#include "boot_tables.h"
#include "layout.h"
#include "snp/igvm.h"
#include "start_vmsa.h"

static enum err check_stub(const struct layout *l, const struct layout_input *in,
			   struct problem *problem)
{
	const struct elf_image *stub = &l->stub;

	for (uint32_t i = 0; i < stub->segment_count; i++) {
		const struct elf_segment *s = &stub->segments[i];

		if (!range_within(s->va, s->memory_bytes, LOW_BASE, BOOT_LOW_END - LOW_BASE)) {
			return problem_set(
				problem, ERR_FORMAT, in->stub.path,
				"has a segment at 0x%llx, outside low memory; link it at 0x%llx",
				(unsigned long long)s->va, (unsigned long long)LOW_BASE);
		}
		if ((s->flags & IMAGE_WRITE) != 0) {
			return problem_set(
				problem, ERR_FORMAT, in->stub.path,
				"has a writable segment at 0x%llx, but is mapped read and "
				"execute; change its linker script",
				(unsigned long long)s->va);
		}
	}
	if (stub->segments[0].va != LOW_BASE || stub->entry != LOW_BASE) {
		return problem_set(problem, ERR_FORMAT, in->stub.path,
				   "does not start with its entry point at 0x%llx; link it there",
				   (unsigned long long)LOW_BASE);
	}
	return ERR_OK;
}

/* Gaps between segments are zeros; *next is the first page behind. */
static enum err place_stub(struct layout *l, uint64_t *next)
{
	enum err err = ERR_OK;

	*next = LOW_BASE;
	for (uint32_t i = 0; i < l->stub.segment_count && err == ERR_OK; i++) {
		const struct elf_segment *s = &l->stub.segments[i];
		uint64_t count = elf_segment_pages(s);

		err = pages_add_range(&l->pages, *next, (s->va - *next) / PAGE_SIZE, NULL, 0);
		if (err == ERR_OK) {
			err = pages_add_range(&l->pages, s->va, count, s->data, s->file_bytes);
		}
		*next = s->va + count * PAGE_SIZE;
	}
	return err;
}

static enum err place_tables(struct layout *l, const struct layout_input *in, uint64_t stub_pages)
{
	struct boot_tables boot = {
		.tables_gpa = l->params.tables_gpa,
		.low_base = LOW_BASE,
		.low_pages = l->map.low_pages,
		.stub_pages = stub_pages,
		.region_base = in->region_base,
		.region_pages = in->region_bytes / PAGE_SIZE,
		.access = l->access,
	};
	uint64_t(*tables)[512] = calloc(l->params.tables_pages, PAGE_SIZE);
	enum err err;

	if (tables == NULL) {
		return ERR_NOMEM;
	}
	boot_tables_fill(&boot, tables);
	err = pages_add_range(&l->pages, boot.tables_gpa, l->params.tables_pages, tables,
			      l->params.tables_pages * PAGE_SIZE);
	free(tables);
	return err;
}

enum err layout_low(struct layout *l, const struct layout_input *in, struct problem *problem)
{
	uint64_t tables_pages = boot_tables_pages(in->region_bytes / PAGE_SIZE);
	uint64_t params_gpa = 0;
	uint64_t end;
	enum err err = check_stub(l, in, problem);

	if (err == ERR_OK) {
		err = place_stub(l, &params_gpa);
	}
	if (err != ERR_OK) {
		return err;
	}
	end = params_gpa + (2 + tables_pages) * PAGE_SIZE;
	if (end > BOOT_LOW_END) {
		return problem_set(
			problem, ERR_NOSPC, in->stub.path,
			"with the boot tables reaches 0x%llx, above 0x%llx; choose a smaller "
			"--region-size",
			(unsigned long long)end, (unsigned long long)BOOT_LOW_END);
	}
	l->params.cpuid_gpa = (uint32_t)(params_gpa + PAGE_SIZE);
	l->params.tables_gpa = (uint32_t)(params_gpa + 2 * PAGE_SIZE);
	l->params.tables_pages = (uint32_t)tables_pages;
	l->params.root4_gpa = l->params.tables_gpa;
	l->params.root5_gpa = l->params.tables_gpa + (uint32_t)PAGE_SIZE;
	l->params.flags = l->map.flags;
	l->map.low_base = (uint32_t)LOW_BASE;
	l->map.low_pages = (uint32_t)((end - LOW_BASE) / PAGE_SIZE);
	l->map.cpuid_gpa = l->params.cpuid_gpa;
	start_vmsa_fill(&l->vmsa, l->stub.entry, params_gpa);
	err = pages_add(&l->pages, params_gpa, IGVM_PAGE_NORMAL, &l->params, sizeof(l->params));
	if (err == ERR_OK) {
		err = pages_add(&l->pages, l->params.cpuid_gpa, IGVM_PAGE_CPUID, NULL, 0);
	}
	if (err == ERR_OK) {
		err = place_tables(l, in, (params_gpa - LOW_BASE) / PAGE_SIZE);
	}
	return err;
}
