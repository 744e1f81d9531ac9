/* SPDX-License-Identifier: MIT */
#include "nouns.h"

#include <string.h>

#include "common/slice.h"
#include "unicode.h"

static bool is_function_word(grasp_str word)
{
    static const char words[] =
        " a an the and or but nor so yet for of in on at by to from with without as into onto over "
        "under up down out off about than then that this these those it its is are be been being "
        "was were do does did not no any all each both it's i you he she we they me him her us "
        "them my your his our their mine who whom whose which what when where why how if while "
        "because although though s t x d ll re ve m n't 's per via vs also too very more most such "
        "own same other some can will just should now between during before after above below "
        "against until through again further once here there ";
    char key[16];
    if (!word.len || word.len > sizeof(key) - 3 || memchr(word.ptr, ' ', word.len))
        return false;
    key[0] = ' ';
    memcpy(key + 1, word.ptr, word.len);
    key[word.len + 1] = ' ';
    key[word.len + 2] = '\0';
    return strstr(words, key) != NULL;
}

static bool has_letter(grasp_str word)
{
    for (size_t i = 0; i < word.len; i++)
        if ((word.ptr[i] | 0x20) >= 'a' && (word.ptr[i] | 0x20) <= 'z')
            return true;
    return false;
}

/* Titles capitalise, so there only what may be a verb or an adverb and no noun is none. */
static bool is_noun(const struct wordnet *wordnet, grasp_str token, grasp_str word)
{
    struct wordnet_facts facts;
    bool capital = token.ptr[0] >= 'A' && token.ptr[0] <= 'Z';
    if (!wordnet)
        return true;
    wordnet_look_up(wordnet, word, &facts);
    if (!facts.noun && !facts.verb && !facts.adjective && !facts.adverb)
        return true;
    if (capital)
        return facts.noun || (!facts.verb && !facts.adverb);
    return facts.noun && facts.noun_count >= facts.verb_count &&
           facts.noun_count >= facts.adjective_count && facts.noun_count >= facts.adverb_count;
}

void title_nouns(struct pool *pool, const struct wordnet *wordnet, grasp_str title,
                 struct strings *out)
{
    struct strings words;
    title_words(pool, title, &words);
    *out = strings_with_room(pool, words.count);
    for (size_t i = 0; i < words.count; i++) {
        struct text lower CLEANUP_TEXT = {0};
        unicode_lower(&lower, words.items[i]);
        grasp_str word = text_view(&lower);
        if (has_letter(word) && !is_function_word(word) && is_noun(wordnet, words.items[i], word))
            strings_add(pool, out, pool_dup(pool, word));
    }
}
