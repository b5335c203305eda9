/* SPDX-License-Identifier: MIT */
/* The firmware's clock, as seconds since 1970. */
#include "loader.h"

/* Days from 1970-01-01 to the first of a month in the Gregorian calendar: years begin in March here, so that
 * the leap day is the last, and 153 days are in each five months. */
static uint64_t days_to(uint64_t year, uint64_t month)
{
    uint64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 - 719468;
}

static int is_sensible(const EFI_TIME *t)
{
    return t->Year >= 1970 && t->Year <= 9999 && t->Month >= 1 && t->Month <= 12 && t->Day >= 1 &&
           t->Day <= 31 && t->Hour < 24 && t->Minute < 60 && t->Second < 60;
}

/* EFI_TIME is local time; its zone, if it is told, is what UTC is ahead in minutes. */
uint64_t firmware_seconds(void)
{
    EFI_TIME t;
    int64_t zone;

    if (EFI_ERROR(ST->RuntimeServices->GetTime(&t, NULL)) || !is_sensible(&t))
        return 0;
    zone = t.TimeZone == EFI_UNSPECIFIED_TIMEZONE ? 0 : t.TimeZone * 60;
    return (((days_to(t.Year, t.Month) + t.Day - 1) * 24 + t.Hour) * 60 + t.Minute) * 60 + t.Second +
           (uint64_t)zone;
}
