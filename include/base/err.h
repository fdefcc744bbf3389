/*
 * The one error type. Protocol result codes are made from it by one function, svsm_result()
 * (include/svsm/result.h); what its caller then gets stands there.
 */
#pragma once

#include "base/compiler.h"

enum MUST_USE err {
	ERR_OK = 0,
	ERR_INVALID,	 /* a parameter is out of range, misaligned or inconsistent */
	ERR_FORMAT,	 /* reserved bits are set, or a structure is damaged */
	ERR_ADDRESS,	 /* an address is not accessible to the caller */
	ERR_REQUEST,	 /* right in form, not possible now or for this caller */
	ERR_UNSUPPORTED, /* no such protocol, version, call or feature */
	ERR_DENIED,	 /* the caller has no right to ask for this */
	ERR_BUSY,	 /* try again; nothing has been done */
	ERR_AGAIN,	 /* time is up: the rest is to be asked for again */
	ERR_NOMEM,	 /* a fixed pool is exhausted */
	ERR_NOSPC,	 /* the caller's buffer is too small */
	ERR_INUSE,	 /* the object is running or referenced */
	ERR_NOCHANGE,	 /* the page was in the asked-for state already */
	ERR_FAULT,	 /* an access faulted, or an instruction failed */
	ERR_DEAD,	 /* the service that should answer has died */
	ERR_HOST,	 /* the host broke its side of the contract */
	ERR_COUNT
};
