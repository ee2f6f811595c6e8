/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CAPTURE_KEYS_H
#define CLI_CAPTURE_KEYS_H

/* Are TLS keys where a witness box must not have any? Reads what is in the directory; proves nothing about the
 * rest of the machine, and the reports do not say that it does. */

#include "base/fault.h"

enum { CAPTURE_KEYS_WHERE = 512 };

/* `*where` names the first place with keys, "" when there is none: SSLKEYLOGFILE in the
 * environment, or a file below `directory` that has lines of a key log (RFC 9850) or a pcapng
 * block of decryption secrets in its first MiB. */
MUST_USE enum status capture_keys_find(
        const char *directory, char where[CAPTURE_KEYS_WHERE], struct fault *fault);

#endif
