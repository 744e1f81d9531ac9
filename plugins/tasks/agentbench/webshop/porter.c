/* SPDX-License-Identifier: MIT */
#include "porter.h"

#include <stdbool.h>
#include <string.h>

struct stemmer {
    char *word;
    size_t len;
};

struct rule {
    const char *suffix, *with;
};

static bool is_consonant(const char *w, size_t i)
{
    switch (w[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
        return false;
    case 'y':
        return i == 0 || !is_consonant(w, i - 1);
    default:
        return true;
    }
}

/* How often a run of vowels is followed by one of consonants. */
static int measure(const char *w, size_t len)
{
    int count = 0;
    for (size_t i = 1; i < len; i++)
        count += !is_consonant(w, i - 1) && is_consonant(w, i);
    return count;
}

static bool has_vowel(const char *w, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_consonant(w, i))
            return true;
    return false;
}

static bool ends_double(const char *w, size_t len)
{
    return len >= 2 && (unsigned char)w[len - 1] < 0x80 && w[len - 1] == w[len - 2] &&
           is_consonant(w, len - 1);
}

/* Consonant, vowel, consonant other than w, x, y: an e belongs behind it. */
static bool ends_short(const char *w, size_t len)
{
    return len >= 3 && is_consonant(w, len - 1) && !is_consonant(w, len - 2) &&
           is_consonant(w, len - 3) && !strchr("wxy", w[len - 1]);
}

static bool ends(const struct stemmer *s, const char *suffix, size_t *out_stem)
{
    size_t len = strlen(suffix);
    if (s->len < len || memcmp(s->word + s->len - len, suffix, len) != 0)
        return false;
    *out_stem = s->len - len;
    return true;
}

static void put(struct stemmer *s, size_t stem, const char *with)
{
    size_t len = strlen(with);
    memcpy(s->word + stem, with, len);
    s->len = stem + len;
}

static void plurals(struct stemmer *s)
{
    size_t stem;
    if (s->word[s->len - 1] != 's')
        return;
    if (ends(s, "sses", &stem))
        s->len -= 2;
    else if (ends(s, "ies", &stem))
        put(s, stem, "i");
    else if (s->len >= 2 && s->word[s->len - 2] != 's')
        s->len--;
}

static void past_forms(struct stemmer *s)
{
    size_t stem, at;
    if (ends(s, "eed", &stem)) {
        if (measure(s->word, stem) > 0)
            s->len--;
        return;
    }
    if ((!ends(s, "ed", &stem) && !ends(s, "ing", &stem)) || !has_vowel(s->word, stem))
        return;
    s->len = stem;
    if (ends(s, "at", &at) || ends(s, "bl", &at) || ends(s, "iz", &at) ||
        (measure(s->word, s->len) == 1 && ends_short(s->word, s->len)))
        put(s, s->len, "e");
    else if (ends_double(s->word, s->len) && !strchr("lsz", s->word[s->len - 1]))
        s->len--;
}

static void final_y(struct stemmer *s)
{
    size_t stem;
    if (ends(s, "y", &stem) && has_vowel(s->word, stem))
        s->word[s->len - 1] = 'i';
}

/* The first suffix that fits decides. */
static void apply(struct stemmer *s, const struct rule *rules)
{
    size_t stem;
    for (; rules->suffix; rules++) {
        if (!ends(s, rules->suffix, &stem))
            continue;
        if (measure(s->word, stem) > 0)
            put(s, stem, rules->with);
        return;
    }
}

static void double_suffixes(struct stemmer *s)
{
    static const struct rule rules[] = {
        {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
        {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
        {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
        {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
        {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
        {"logi", "log"},    {NULL, NULL}};
    apply(s, rules);
}

static void derived_endings(struct stemmer *s)
{
    static const struct rule rules[] = {{"icate", "ic"}, {"ative", ""},  {"alize", "al"},
                                        {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""},
                                        {"ness", ""},    {NULL, NULL}};
    apply(s, rules);
}

static void endings(struct stemmer *s)
{
    static const char *const list[] = {"al",  "ance",  "ence", "er",  "ic",  "able", "ible",
                                       "ant", "ement", "ment", "ent", "ion", "ou",   "ism",
                                       "ate", "iti",   "ous",  "ive", "ize"};
    size_t stem;
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        if (!ends(s, list[i], &stem))
            continue;
        if (strcmp(list[i], "ion") == 0 &&
            (!stem || (s->word[stem - 1] != 's' && s->word[stem - 1] != 't')))
            return;
        if (measure(s->word, stem) > 1)
            s->len = stem;
        return;
    }
}

static void final_e(struct stemmer *s)
{
    size_t stem = s->len - 1;
    if (s->word[stem] == 'e') {
        int m = measure(s->word, stem);
        if (m > 1 || (m == 1 && !ends_short(s->word, stem)))
            s->len--;
    }
    if (s->word[s->len - 1] == 'l' && ends_double(s->word, s->len) && measure(s->word, s->len) > 1)
        s->len--;
}

static size_t characters(const char *word, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)word[i] & 0xC0) != 0x80;
    return count;
}

size_t porter_stem(char *word, size_t len)
{
    struct stemmer s = {word, len};
    if (characters(word, len) < 3)
        return len;
    plurals(&s);
    past_forms(&s);
    final_y(&s);
    double_suffixes(&s);
    derived_endings(&s);
    endings(&s);
    final_e(&s);
    return s.len;
}
