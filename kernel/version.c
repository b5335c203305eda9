/* SPDX-License-Identifier: MIT */
/* The version string, in a file of its own so that a new version compiles one file only. */
#include "version.h"

const char allod_version[] = ALLOD_VERSION;
