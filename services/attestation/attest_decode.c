/* The operation structure's rules (publication 58019, chapter 7); all refusals of it are here. */
#include "attestation/attestation.h"

#include "base/bits.h"
#include "base/mem.h"
#include "base/overflow.h"

/* Does [gpa, gpa+bytes) stay in one page? */
static bool is_within_page(uint64_t gpa, uint64_t bytes)
{
	return (gpa & (PAGE_SIZE - 1)) + bytes <= PAGE_SIZE;
}

enum err attest_decode_place(uint32_t call, uint64_t gpa, size_t *bytes)
{
	size_t operation_bytes = call == SVSM_ATTEST_SINGLE_SERVICE
					 ? sizeof(struct svsm_attest_single_service)
					 : sizeof(struct svsm_attest_services);

	if (!is_aligned(gpa, sizeof(uint64_t)) || !is_within_page(gpa, operation_bytes)) {
		return ERR_INVALID;
	}
	*bytes = operation_bytes;
	return ERR_OK;
}

/* May span pages; one that is empty is too small, or not wanted, and is nowhere. */
static bool is_buffer(uint64_t gpa, uint32_t bytes)
{
	uint64_t end;

	return is_aligned(gpa, PAGE_SIZE) && add_fits(gpa, bytes, &end);
}

static bool is_reserved_zero(const struct svsm_attest_services *common)
{
	static const uint8_t zeros[sizeof(common->reserved_1a)];

	return common->reserved_0c == 0 && common->reserved_2c == 0 && common->reserved_3c == 0 &&
	       memcmp(common->reserved_1a, zeros, sizeof(zeros)) == 0;
}

enum err attest_decode(uint32_t call, const struct svsm_attest_single_service *operation,
		       struct attest_args *args)
{
	const struct svsm_attest_services *common = &operation->common;
	bool is_single = call == SVSM_ATTEST_SINGLE_SERVICE;

	if (!is_reserved_zero(common) || (is_single && operation->reserved_54 != 0)) {
		return ERR_INVALID;
	}
	if (common->nonce_bytes != SVSM_ATTEST_NONCE_BYTES ||
	    !is_within_page(common->nonce_gpa, common->nonce_bytes)) {
		return ERR_INVALID;
	}
	if (!is_buffer(common->report_gpa, common->report_bytes) ||
	    !is_buffer(common->manifest_gpa, common->manifest_bytes) ||
	    !is_buffer(common->certificates_gpa, common->certificates_bytes)) {
		return ERR_INVALID;
	}
	*args = (struct attest_args){
		.report = {common->report_gpa, common->report_bytes},
		.manifest = {common->manifest_gpa, common->manifest_bytes},
		.certificates = {common->certificates_gpa, common->certificates_bytes},
		.nonce_gpa = common->nonce_gpa,
		.is_single = is_single,
	};
	if (is_single) {
		memcpy(args->guid, operation->guid, sizeof(args->guid));
		args->manifest_version = operation->manifest_version;
	}
	return ERR_OK;
}
