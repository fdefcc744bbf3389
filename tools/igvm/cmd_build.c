/* keel-igvm build: options, files, layout, output. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "igvm_read.h"
#include "igvm_write.h"
#include "input.h"
#include "layout.h"
#include "snp/launch.h"

#define GUEST_VMPL_DEFAULT 2

enum option_key {
	OPT_STUB = 1,
	OPT_KERNEL,
	OPT_FIRMWARE,
	OPT_SERVICE,
	OPT_GUEST_VMPL,
	OPT_REGION_BASE,
	OPT_REGION_SIZE,
	OPT_LA57,
	OPT_POLICY,
	OPT_OUTPUT
};

static const struct option long_options[] = {
	{"stub", required_argument, NULL, OPT_STUB},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"firmware", required_argument, NULL, OPT_FIRMWARE},
	{"service", required_argument, NULL, OPT_SERVICE},
	{"guest-vmpl", required_argument, NULL, OPT_GUEST_VMPL},
	{"region-base", required_argument, NULL, OPT_REGION_BASE},
	{"region-size", required_argument, NULL, OPT_REGION_SIZE},
	{"la57", no_argument, NULL, OPT_LA57},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{NULL, 0, NULL, 0},
};

#define FILES (3 + IMAGE_SERVICES)

struct build {
	struct layout_input input;
	const char *output;
	uint64_t policy;
	char names[IMAGE_SERVICES][IMAGE_NAME_BYTES + 1];
	struct input files[FILES];
	size_t file_count;
	struct layout layout;
	struct problem problem;
};

static int usage(const char *what, const char *why)
{
	fprintf(stderr, "keel-igvm: %s: %s; try keel-igvm --help\n", what, why);
	return EXIT_USAGE;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end = NULL;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && text[0] >= '0' && text[0] <= '9';
}

/* NAME=FILE; the name is checked with the service's image. */
static int add_service(struct build *b, const char *text)
{
	const char *equals = strchr(text, '=');
	uint32_t i = b->input.service_count;
	size_t length;

	if (equals == NULL || equals == text || equals[1] == '\0') {
		return usage(text, "is no NAME=FILE");
	}
	length = (size_t)(equals - text);
	if (length > IMAGE_NAME_BYTES) {
		return usage(text, "has a name of more than 16 characters");
	}
	if (i == IMAGE_SERVICES) {
		return usage(text, "is the ninth service, 8 are possible");
	}
	memcpy(b->names[i], text, length);
	b->input.services[i].name = b->names[i];
	b->input.services[i].file.path = equals + 1;
	b->input.service_count++;
	return EXIT_GOOD;
}

static int take_number(const char *text, uint64_t *value)
{
	return parse_number(text, value) ? EXIT_GOOD : usage(text, "is no number");
}

static int take_vmpl(struct build *b, const char *text)
{
	uint64_t vmpl;

	if (!parse_number(text, &vmpl) || vmpl < 1 || vmpl > 3) {
		return usage(text, "is no guest VMPL: 1, 2 or 3");
	}
	b->input.guest_vmpl = (uint32_t)vmpl;
	return EXIT_GOOD;
}

static int take_option(struct build *b, int key)
{
	switch (key) {
	case OPT_STUB:
		b->input.stub.path = optarg;
		return EXIT_GOOD;
	case OPT_KERNEL:
		b->input.kernel.path = optarg;
		return EXIT_GOOD;
	case OPT_FIRMWARE:
		b->input.firmware.path = optarg;
		return EXIT_GOOD;
	case OPT_SERVICE:
		return add_service(b, optarg);
	case OPT_GUEST_VMPL:
		return take_vmpl(b, optarg);
	case OPT_REGION_BASE:
		return take_number(optarg, &b->input.region_base);
	case OPT_REGION_SIZE:
		return take_number(optarg, &b->input.region_bytes);
	case OPT_LA57:
		b->input.wants_la57 = true;
		return EXIT_GOOD;
	case OPT_POLICY:
		return take_number(optarg, &b->policy);
	case OPT_OUTPUT:
		b->output = optarg;
		return EXIT_GOOD;
	default:
		return usage("build", "unknown option or missing value");
	}
}

static int parse_options(struct build *b, int argc, char **argv)
{
	int code = EXIT_GOOD;
	int key;

	opterr = 0;
	while (code == EXIT_GOOD && (key = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		code = take_option(b, key);
	}
	if (code != EXIT_GOOD) {
		return code;
	}
	if (optind != argc) {
		return usage(argv[optind], "is no option");
	}
	if (b->input.stub.path == NULL || b->input.kernel.path == NULL ||
	    b->input.firmware.path == NULL || b->output == NULL) {
		return usage("build", "--stub, --kernel, --firmware and --output are needed");
	}
	if ((b->policy & POLICY_RESERVED1) == 0) {
		return usage("--policy", "bit 17 (0x20000) must be set");
	}
	return EXIT_GOOD;
}

static enum err read_file(struct build *b, struct layout_file *file)
{
	struct input *in = &b->files[b->file_count];
	enum err err = input_read(in, file->path, &b->problem);

	if (err == ERR_OK) {
		b->file_count++;
		file->data = in->data;
		file->bytes = in->bytes;
	}
	return err;
}

static enum err read_files(struct build *b)
{
	enum err err = read_file(b, &b->input.stub);

	if (err == ERR_OK) {
		err = read_file(b, &b->input.kernel);
	}
	if (err == ERR_OK) {
		err = read_file(b, &b->input.firmware);
	}
	for (uint32_t i = 0; i < b->input.service_count && err == ERR_OK; i++) {
		err = read_file(b, &b->input.services[i].file);
	}
	return err;
}

/* A file that is only half written does not stay. */
static enum err write_output(struct build *b, const uint8_t *file, size_t bytes)
{
	FILE *out = fopen(b->output, "wb");
	bool is_written;

	if (out == NULL) {
		return problem_set(&b->problem, ERR_FAULT, b->output,
				   "cannot be written: %s; check the path", strerror(errno));
	}
	is_written = fwrite(file, 1, bytes, out) == bytes;
	is_written = fclose(out) == 0 && is_written;
	if (!is_written) {
		(void)remove(b->output);
		return problem_set(&b->problem, ERR_FAULT, b->output,
				   "cannot be written: %s; free some space", strerror(errno));
	}
	return ERR_OK;
}

/* What was written is read back with the reader everyone else uses. */
static enum err write_image(struct build *b)
{
	const struct layout *l = &b->layout;
	uint64_t image_bytes = l->map.image_pages * PAGE_SIZE;
	struct igvm_contents contents = {
		.policy = b->policy,
		.memory_map_gpa = l->map.region_base + l->map.memory_map_offset,
		.vp_count_gpa = l->map.region_base + l->map.vp_count_offset,
		.required_gpa = l->map.region_base + image_bytes,
		.required_bytes = (uint32_t)(l->map.region_bytes - image_bytes),
		.pages = &l->pages,
		.vmsa = &l->vmsa,
	};
	struct igvm igvm;
	uint8_t *file = NULL;
	size_t bytes = 0;
	enum err err = igvm_write(&contents, &file, &bytes);

	if (err != ERR_OK) {
		return problem_set(&b->problem, err, b->output, "no memory to build it; free some");
	}
	err = igvm_open(&igvm, file, bytes);
	if (err != ERR_OK) {
		err = problem_set(&b->problem, err, b->output,
				  "would be damaged: %s (offset 0x%llx); report this", igvm.defect,
				  (unsigned long long)igvm.defect_at);
	} else {
		err = write_output(b, file, bytes);
	}
	free(file);
	return err;
}

static enum err build_image(struct build *b)
{
	enum err err = read_files(b);

	if (err == ERR_OK) {
		err = layout_make(&b->layout, &b->input, &b->problem);
		if (err == ERR_OK) {
			err = write_image(b);
		}
		layout_free(&b->layout);
	}
	for (size_t i = 0; i < b->file_count; i++) {
		input_free(&b->files[i]);
	}
	return err;
}

int cmd_build(int argc, char **argv)
{
	static struct build build;
	int code;

	build.policy = POLICY_DEFAULT;
	build.input.guest_vmpl = GUEST_VMPL_DEFAULT;
	build.input.region_base = REGION_BASE_DEFAULT;
	build.input.region_bytes = LAYOUT_REGION_CHOOSE;
	code = parse_options(&build, argc, argv);
	if (code == EXIT_GOOD && build_image(&build) != ERR_OK) {
		fprintf(stderr, "keel-igvm: %s\n", build.problem.text);
		code = EXIT_UNSUITED;
	}
	return code;
}
