/* keel-igvm: builds Keel's IGVM image and shows what one holds. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const char help[] =
	"keel-igvm builds and shows Keel's boot image (IGVM, AMD SEV-SNP).\n"
	"\n"
	"usage: keel-igvm build --stub FILE --kernel FILE --firmware FILE --output FILE\n"
	"                       [--service NAME=FILE]... [--guest-vmpl 1|2|3] [--la57]\n"
	"                       [--region-base GPA] [--region-size BYTES] [--policy N]\n"
	"       keel-igvm show FILE [--json]\n"
	"       keel-igvm --help\n"
	"\n"
	"build: the same inputs give the same bytes.\n"
	"  --stub FILE          32-bit entry code, linked at 0x10000 (stub.elf)\n"
	"  --kernel FILE        the SVSM's kernel (keel.elf)\n"
	"  --firmware FILE      the guest's firmware: an OVMF.fd that knows SVSMs\n"
	"  --service NAME=FILE  a service's program, at most 8\n"
	"  --guest-vmpl N       where the guest runs: 1, 2 or 3 (default 2)\n"
	"  --la57               use 5-level paging where the machine offers it\n"
	"  --region-base GPA    the SVSM's memory (default 0x8000000000)\n"
	"  --region-size BYTES  its size, a multiple of 2 MiB (default 0x800000, or twice as\n"
	"                       often until what is measured takes at most a third of it)\n"
	"  --policy N           SNP guest policy (default 0x30000)\n"
	"  --output FILE        the image\n"
	"\n"
	"show: what is where in an image, for people, or for programs with --json.\n"
	"\n"
	"exit code: 0 done, 1 an input is damaged or does not suit, 2 wrong usage.\n"
	"Numbers are decimal or start with 0x.\n";

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		fputs(help, stdout);
		return EXIT_GOOD;
	}
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(help, stdout);
			return EXIT_GOOD;
		}
	}
	if (strcmp(argv[1], "build") == 0) {
		return cmd_build(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "show") == 0) {
		return cmd_show(argc - 1, argv + 1);
	}
	fprintf(stderr, "keel-igvm: %s: is no command; try keel-igvm --help\n", argv[1]);
	return EXIT_USAGE;
}
