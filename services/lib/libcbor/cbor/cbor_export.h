/* libcbor's export marks, which its build would make: nothing is exported from a static program. */
#pragma once

#define CBOR_EXPORT
