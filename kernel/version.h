/* SPDX-License-Identifier: MIT */
/* Which Allod this is. */
#pragma once

#ifndef ALLOD_VERSION /* the build passes what `git describe` says */
#define ALLOD_VERSION "dev"
#endif

extern const char allod_version[];
