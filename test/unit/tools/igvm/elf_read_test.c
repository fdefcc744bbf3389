/* The ELF reader: what a good program yields, and every shorter prefix of it. image_test.py has a
 * row for each refusal. */
#include "elf_read.h"

#include <elf.h>
#include <stdlib.h>

#include "msg/image.h"
#include "unit.h"

#define TEXT UINT64_C(0x400000)

struct program {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	uint8_t text[10];
	uint8_t data[6];
};

static struct program make_program(void)
{
	struct program p = {
		.header =
			{
				.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					    ELFDATA2LSB},
				.e_type = ET_EXEC,
				.e_machine = EM_X86_64,
				.e_entry = TEXT + 2,
				.e_phoff = offsetof(struct program, segments),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 2,
			},
		.segments =
			{
				{.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_X,
				 .p_vaddr = TEXT,
				 .p_offset = offsetof(struct program, text),
				 .p_filesz = 10,
				 .p_memsz = 10},
				{.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_W,
				 .p_vaddr = TEXT + 0x1000,
				 .p_offset = offsetof(struct program, data),
				 .p_filesz = 6,
				 .p_memsz = 0x2001},
			},
	};

	memset(p.text, 0x90, sizeof(p.text));
	memset(p.data, 0xDA, sizeof(p.data));
	return p;
}

TEST(yields_segments_and_entry)
{
	struct program p = make_program();
	struct elf_image image;

	CHECK_EQ(elf_read(&image, &p, sizeof(p)), ERR_OK);
	CHECK_STR(image.defect, NULL);
	CHECK_EQ(image.entry, TEXT + 2);
	if (CHECK_EQ(image.segment_count, 2)) {
		CHECK_EQ(image.segments[0].flags, IMAGE_READ | IMAGE_EXEC);
		CHECK_EQ(image.segments[1].flags, IMAGE_READ | IMAGE_WRITE);
		CHECK(image.segments[1].data == p.data);
		CHECK_EQ(elf_segment_pages(&image.segments[1]), 3);
		CHECK_EQ(elf_segment_file_pages(&image.segments[1]), 1);
	}
}

TEST(refuses_every_shorter_prefix)
{
	struct program p = make_program();
	size_t whole = offsetof(struct program, data) + sizeof(p.data);

	for (size_t bytes = 0; bytes < whole; bytes++) {
		uint8_t *copy = malloc(bytes == 0 ? 1 : bytes);
		struct elf_image image;

		if (!CHECK(copy != NULL)) {
			break;
		}
		memcpy(copy, &p, bytes);
		CHECK_EQ(elf_read(&image, copy, bytes), ERR_FORMAT);
		CHECK(image.defect != NULL);
		free(copy);
	}
}

TEST(skips_empty_and_foreign_segments)
{
	struct program p = make_program();
	struct elf_image image;

	p.segments[1].p_type = PT_NOTE;
	CHECK_EQ(elf_read(&image, &p, sizeof(p)), ERR_OK);
	CHECK_EQ(image.segment_count, 1);
	p = make_program();
	p.segments[1].p_memsz = 0;
	p.segments[1].p_filesz = 0;
	CHECK_EQ(elf_read(&image, &p, sizeof(p)), ERR_OK);
	CHECK_EQ(image.segment_count, 1);
}

UNIT_MAIN(CASE(yields_segments_and_entry), CASE(refuses_every_shorter_prefix),
	  CASE(skips_empty_and_foreign_segments))
