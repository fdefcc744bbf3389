/*
 * The one place that makes a protocol result code from enum err. Used by the kernel and by
 * services. Several errors become one code: a caller cannot tell them apart.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "svsm/protocol.h"

static inline uint32_t svsm_result(enum err err)
{
	static const uint32_t codes[ERR_COUNT] = {
		[ERR_OK] = SVSM_SUCCESS,
		[ERR_INVALID] = SVSM_ERR_INVALID_PARAMETER,
		[ERR_FORMAT] = SVSM_ERR_INVALID_FORMAT,
		[ERR_ADDRESS] = SVSM_ERR_INVALID_ADDRESS,
		[ERR_REQUEST] = SVSM_ERR_INVALID_REQUEST,
		[ERR_UNSUPPORTED] = SVSM_ERR_UNSUPPORTED_CALL,
		[ERR_DENIED] = SVSM_ERR_INVALID_REQUEST,
		[ERR_BUSY] = SVSM_ERR_BUSY,
		[ERR_AGAIN] = SVSM_ERR_INCOMPLETE,
		[ERR_NOMEM] = SVSM_ERR_INVALID_REQUEST,
		[ERR_NOSPC] = SVSM_ERR_INVALID_PARAMETER,
		[ERR_INUSE] = SVSM_ERR_CORE_FAIL_INUSE,
		[ERR_NOCHANGE] = SVSM_ERR_CORE_NO_CHANGE,
		[ERR_FAULT] = SVSM_ERR_CORE_OTHER_FAILURE,
		[ERR_DEAD] = SVSM_ERR_KEEL_SERVICE_DIED,
		[ERR_HOST] = SVSM_ERR_CORE_OTHER_FAILURE,
	};

	return (unsigned int)err < ERR_COUNT ? codes[err] : SVSM_ERR_INVALID_REQUEST;
}
