/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_SEALED_LISTS_H
#define TESTS_SUPPORT_SEALED_LISTS_H

/* Tracker lists of a few lines, and a request to hold against them. */

#include "classify/list.h"
#include "classify/match.h"

/* Lists called "first" and (unless NULL) "second"; lists_free. Fails the test when it can't. */
struct lists *sealed(const char *first, const char *second);
/* A script for www.page.test that a third party is asked for. Borrows `url`. */
struct match_request request_of(const char *url);
enum match_outcome decide(const struct lists *lists, const struct match_request *request);

#endif
