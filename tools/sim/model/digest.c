/* The chain starts with zeros; only NORMAL and VMSA pages have their contents measured. */
#include "digest.h"

#include "base/bits.h"
#include "base/mem.h"
#include "sha384.h"

void digest_start(struct digest *digest)
{
	memset(digest, 0, sizeof(*digest));
}

void digest_page(struct digest *digest, uint8_t type, uint64_t gpa, const void *page)
{
	struct page_info info = {
		.length = sizeof(info),
		.page_type = type,
		.gpa = gpa,
	};

	memcpy(info.digest_cur, digest->value, sizeof(info.digest_cur));
	if (type == LAUNCH_PAGE_NORMAL || type == LAUNCH_PAGE_VMSA) {
		sha384(page, PAGE_SIZE, info.contents);
	}
	sha384(&info, sizeof(info), digest->value);
}
