/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "chart.h"

#define MRN_COUNT 9000000
#define NAME_COUNT (GIVEN_COUNT * FAMILY_COUNT)
#define GIVEN_COUNT 48
#define FAMILY_COUNT 64

/* The first half are names of women. */
static const char *const given_names[GIVEN_COUNT] = {
    "Amelia",   "Beatrix", "Celeste", "Dorothea", "Edith",    "Freya",    "Greta",   "Harriet",
    "Imogen",   "Judith",  "Kirsten", "Lavinia",  "Marjorie", "Nadine",   "Odette",  "Philippa",
    "Rosalind", "Sylvia",  "Tamsin",  "Ursula",   "Viola",    "Winifred", "Yvonne",  "Zelda",
    "Alistair", "Bertram", "Clement", "Desmond",  "Edmund",   "Fergus",   "Gideon",  "Horace",
    "Ignatius", "Jerome",  "Kenneth", "Lionel",   "Magnus",   "Nigel",    "Osmund",  "Percival",
    "Quentin",  "Rupert",  "Silas",   "Thaddeus", "Ulric",    "Vernon",   "Wilfred", "Ambrose"};

static const char *const family_names[FAMILY_COUNT] = {
    "Abernathy",  "Ashworth",     "Bellamy",   "Blackwood",    "Brightwell", "Calloway",
    "Carrington", "Chadwick",     "Cholmond",  "Colville",     "Dalrymple",  "Davenport",
    "Drummond",   "Eddington",    "Ellsworth", "Fairbanks",    "Falconer",   "Farquhar",
    "Fenwick",    "Galbraith",    "Gladwin",   "Greyson",      "Halloran",   "Hargreave",
    "Hathaway",   "Holloway",     "Inglewood", "Ironside",     "Jarrow",     "Kettering",
    "Kingsley",   "Lancaster",    "Langdon",   "Lockhart",     "Lytton",     "Mallory",
    "Marchbank",  "Merriweather", "Montague",  "Netherby",     "Northcott",  "Oakhurst",
    "Ormsby",     "Pemberton",    "Penrose",   "Quillfeather", "Radcliffe",  "Ravenscroft",
    "Rosewood",   "Salisbury",    "Sedgwick",  "Somerset",     "Stanhope",   "Tarleton",
    "Thornbury",  "Treadwell",    "Underhill", "Vandermeer",   "Wainwright", "Wetherby",
    "Whitcombe",  "Winslow",      "Wyndham",   "Yarborough"};

static void put_birth_date(struct chart *chart, char out[11])
{
    /* The birthday of some is today, yesterday or tomorrow. */
    unsigned year = 1930 + chart_draw(chart, 75), month = 1 + chart_draw(chart, 12);
    unsigned day = 1 + chart_draw(chart, 28), near = chart->number % 10;
    if (near < 3) {
        month = 11;
        day = 12 + near;
    }
    snprintf(out, 11, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
}

void cohort_invent(uint64_t seed, uint32_t number, struct cohort_patient *out)
{
    /* Hours before or after the usual present. */
    static const int32_t heart_hours[] = {0, 0, 0, 0, -5, 130, -400, -2000, 74, -9000};
    static const int32_t catheter_hours[] = {82, 82, 82, 82, 82, 203, -100, 82, 82, -4000};
    struct chart chart = {.patient = out, .seed = seed, .number = number};
    *out = (struct cohort_patient){.mrn = ""};
    chart_part(&chart, "numbers", 1);
    uint64_t shift = chart_draw(&chart, MRN_COUNT), turn = chart_draw(&chart, NAME_COUNT);
    /* Steps that have no factor in common with the counts lead to each number once. */
    uint64_t mrn = 1000000 + (shift + (uint64_t)number * 3456781) % MRN_COUNT;
    uint64_t name = (turn + (uint64_t)number * 1789) % NAME_COUNT;
    snprintf(out->mrn, sizeof(out->mrn), "S%07u", (unsigned)mrn);
    snprintf(out->given, sizeof(out->given), "%s", given_names[name % GIVEN_COUNT]);
    snprintf(out->family, sizeof(out->family), "%s", family_names[name / GIVEN_COUNT]);
    out->male = name % GIVEN_COUNT >= GIVEN_COUNT / 2;
    chart_part(&chart, "person", 1);
    put_birth_date(&chart, out->birth_date);
    out->heart_rate_now = COHORT_V2_NOW + heart_hours[chart_draw(&chart, 10)] * HOUR;
    out->catheter_now = COHORT_V2_NOW + catheter_hours[chart_draw(&chart, 10)] * HOUR;
}
