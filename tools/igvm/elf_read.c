/* The checks of an ELF program, field by field. */
#include "elf_read.h"

#include <elf.h>
#include <string.h>

#include "base/bits.h"
#include "base/overflow.h"
#include "msg/image.h"

#define PROGRAM_HEADERS_MAX 64

static enum err refuse(struct elf_image *image, uint64_t at, const char *what)
{
	image->defect = what;
	image->defect_at = at;
	return ERR_FORMAT;
}

static enum err check_header(struct elf_image *image, const Elf64_Ehdr *h, size_t bytes)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0) {
		return refuse(image, 0, "is no ELF file");
	}
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_X86_64) {
		return refuse(image, EI_CLASS, "is no 64-bit x86 ELF file");
	}
	if (h->e_type != ET_EXEC) {
		return refuse(image, offsetof(Elf64_Ehdr, e_type),
			      "is no static program at a fixed address (ET_EXEC)");
	}
	if (h->e_phentsize != sizeof(Elf64_Phdr)) {
		return refuse(image, offsetof(Elf64_Ehdr, e_phentsize),
			      "has program headers of a wrong size");
	}
	if (h->e_phnum == 0 || h->e_phnum > PROGRAM_HEADERS_MAX) {
		return refuse(image, offsetof(Elf64_Ehdr, e_phnum),
			      "has none or more than 64 program headers");
	}
	if (!range_within(h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr), 0, bytes)) {
		return refuse(image, offsetof(Elf64_Ehdr, e_phoff),
			      "has program headers beyond its end");
	}
	return ERR_OK;
}

static uint32_t image_flags(uint32_t elf_flags)
{
	uint32_t flags = 0;

	flags |= (elf_flags & PF_R) != 0 ? IMAGE_READ : 0;
	flags |= (elf_flags & PF_W) != 0 ? IMAGE_WRITE : 0;
	flags |= (elf_flags & PF_X) != 0 ? IMAGE_EXEC : 0;
	return flags;
}

/* The first page behind the segments so far. */
static uint64_t next_free(const struct elf_image *image)
{
	const struct elf_segment *last;

	if (image->segment_count == 0) {
		return 0;
	}
	last = &image->segments[image->segment_count - 1];
	return last->va + elf_segment_pages(last) * PAGE_SIZE;
}

static enum err check_load(struct elf_image *image, const Elf64_Phdr *p, uint64_t at, size_t bytes)
{
	uint64_t end;

	if (!is_aligned(p->p_vaddr, PAGE_SIZE)) {
		return refuse(image, at, "has a load segment that does not start on a page");
	}
	if (p->p_filesz > p->p_memsz) {
		return refuse(image, at, "has a load segment larger in the file than in memory");
	}
	if (p->p_filesz != 0 && !range_within(p->p_offset, p->p_filesz, 0, bytes)) {
		return refuse(image, at, "has a load segment beyond its end");
	}
	/* The last page of the address space stays free, so that ends are addresses too. */
	if (!add_fits(p->p_vaddr, p->p_memsz, &end) || end > ~UINT64_C(0) - PAGE_SIZE) {
		return refuse(image, at, "has a load segment that wraps the address space");
	}
	if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
		return refuse(image, at, "has a load segment both writable and executable");
	}
	if ((p->p_flags & PF_R) == 0) {
		return refuse(image, at, "has a load segment that is not readable");
	}
	if (image->segment_count == ELF_SEGMENTS) {
		return refuse(image, at, "has too many load segments");
	}
	if (p->p_vaddr < next_free(image)) {
		return refuse(image, at, "has load segments that overlap or are not ascending");
	}
	return ERR_OK;
}

static enum err take_program_header(struct elf_image *image, const Elf64_Phdr *p, uint64_t at,
				    const uint8_t *file, size_t bytes)
{
	enum err err;

	if (p->p_type == PT_INTERP || p->p_type == PT_DYNAMIC || p->p_type == PT_TLS) {
		return refuse(image, at, "is dynamic or has thread-local storage");
	}
	if (p->p_type != PT_LOAD || p->p_memsz == 0) {
		return ERR_OK;
	}
	err = check_load(image, p, at, bytes);
	if (err != ERR_OK) {
		return err;
	}
	image->segments[image->segment_count++] = (struct elf_segment){
		.va = p->p_vaddr,
		.data = p->p_filesz != 0 ? file + p->p_offset : NULL,
		.file_bytes = p->p_filesz,
		.memory_bytes = p->p_memsz,
		.flags = image_flags(p->p_flags),
	};
	return ERR_OK;
}

static enum err check_entry(struct elf_image *image)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if ((s->flags & IMAGE_EXEC) != 0 &&
		    range_within(image->entry, 1, s->va, s->memory_bytes)) {
			return ERR_OK;
		}
	}
	return refuse(image, offsetof(Elf64_Ehdr, e_entry),
		      "has an entry point outside its executable segments");
}

enum err elf_read(struct elf_image *image, const void *file, size_t bytes)
{
	const uint8_t *raw_file = file;
	Elf64_Ehdr h;
	enum err err;

	memset(image, 0, sizeof(*image));
	if (bytes < sizeof(h)) {
		return refuse(image, 0, "is too short for an ELF file");
	}
	memcpy(&h, file, sizeof(h));
	err = check_header(image, &h, bytes);
	for (unsigned int i = 0; i < h.e_phnum && err == ERR_OK; i++) {
		uint64_t at = h.e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr p;

		memcpy(&p, raw_file + at, sizeof(p));
		err = take_program_header(image, &p, at, raw_file, bytes);
	}
	if (err == ERR_OK) {
		image->entry = h.e_entry;
		err = check_entry(image);
	}
	return err;
}

uint64_t elf_segment_pages(const struct elf_segment *segment)
{
	return align_up(segment->memory_bytes, PAGE_SIZE) / PAGE_SIZE;
}

uint64_t elf_segment_file_pages(const struct elf_segment *segment)
{
	return align_up(segment->file_bytes, PAGE_SIZE) / PAGE_SIZE;
}
