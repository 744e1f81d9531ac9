/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t mimic_how_many(const struct mimic_tables *t, struct dice *dice, uint32_t usual,
                        uint32_t least)
{
    uint64_t mean = (uint64_t)usual * t->density;
    uint64_t count = mean * (67 + dice_below(dice, 67)) / 10000;
    return count < least ? least : (uint32_t)count;
}

int64_t mimic_spread(struct dice *dice, int64_t from, int64_t to, uint32_t count, uint32_t i)
{
    int64_t slot = (to - from) / count, least = 2 * WALL_MINUTE;
    if (slot < least)
        slot = least;
    int64_t when = from + slot * i + dice_between(dice, 0, slot - least);
    return when / WALL_MINUTE * WALL_MINUTE;
}

struct mimic_id mimic_id_of(const char *kind, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return mimic_uuid(kind, text);
}

void mimic_decimal(int32_t hundredths, char out[DECIMAL_SIZE])
{
    uint32_t all = (uint32_t)(hundredths < 0 ? -hundredths : hundredths), rest = all % 100;
    const char *sign = hundredths < 0 ? "-" : "";
    if (rest == 0)
        snprintf(out, DECIMAL_SIZE, "%s%u", sign, all / 100);
    else if (rest % 10)
        snprintf(out, DECIMAL_SIZE, "%s%u.%02u", sign, all / 100, rest);
    else
        snprintf(out, DECIMAL_SIZE, "%s%u.%u", sign, all / 100, rest / 10);
}

grasp_str mimic_word(const struct mimic_item *item, int32_t at)
{
    const char *from = item->words;
    while (at-- > 0)
        from = strchr(from, '|') + 1;
    return (grasp_str){from, strcspn(from, "|")};
}

int32_t mimic_draw_value(struct dice *dice, const struct mimic_item *item)
{
    uint32_t choices = 1;
    if (!item->words) {
        choices = (uint32_t)((item->high - item->low) / item->step) + 1;
        return item->low + item->step * (int32_t)dice_below(dice, choices);
    }
    for (const char *p = item->words; *p; p++)
        choices += *p == '|';
    return (int32_t)dice_below(dice, choices);
}

void mimic_tables_make(struct mimic_tables *t, uint64_t seed, uint32_t number, uint32_t density)
{
    struct dice dice = dice_of(seed, number, 'p');
    *t = (struct mimic_tables){.seed = seed, .number = number, .density = density};
    t->subject = 10000000 + number * 113 + dice_below(&dice, 113);
    t->id = mimic_id_of("Patient", "%u", t->subject);
    t->male = dice_below(&dice, 2);
    t->anchor = dice_between(&dice, 2112, 2198);
    t->birth = mimic_wall(t->anchor - dice_between(&dice, 22, 90), 1 + dice_below(&dice, 12), 1);
    mimic_make_stays(t);
    mimic_make_codes(t);
    mimic_make_labs(t);
    mimic_make_icu(t);
    mimic_make_drugs(t);
    mimic_make_micro(t);
    if (dice_in_1000(&dice, 310))
        t->death = t->admissions[t->admissions_count - 1].out + WALL_DAY;
}

void mimic_tables_free(struct mimic_tables *t)
{
    pool_free(&t->pool);
}
