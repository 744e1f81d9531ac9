/* SPDX-License-Identifier: MIT */
/* An agent that knows how to do the task, but for one habit of its own per patient. */
#include "rehearsal_view.h"

#include "quickstart.h"
#include "tags.h"
#include "text.h"

/* A habit that a patient of some kind meets with if the patient's number, 0 to 99, is below
 * `below` and not below that of the line before of the same kind. */
enum kind { KIND_SEVERAL, KIND_SINGLE, KIND_STALE, KIND_NONE };

static const struct {
    enum kind kind;
    uint32_t below;
    enum tag tag;
} habits[] = {
    {KIND_SEVERAL, 28, TAG_OLDER_VALUE_USED},  {KIND_SEVERAL, 36, TAG_FINISH_NOT_JSON},
    {KIND_SEVERAL, 38, TAG_SENTINEL_OVERUSED}, {KIND_SEVERAL, 40, TAG_WRONG_VALUE},
    {KIND_SEVERAL, 42, TAG_WRONG_ANSWER_FORM}, {KIND_SINGLE, 16, TAG_FINISH_NOT_JSON},
    {KIND_SINGLE, 20, TAG_SENTINEL_OVERUSED},  {KIND_SINGLE, 22, TAG_WRONG_VALUE},
    {KIND_STALE, 58, TAG_STALE_VALUE_USED},    {KIND_STALE, 62, TAG_MISSING_NOT_REPORTED},
    {KIND_NONE, 45, TAG_MISSING_NOT_REPORTED},
};

/* Habits that do not depend on the readings; from the number on. Those that take turns are left
 * out where everything is there from the start: one call is then enough. */
static const struct {
    uint32_t from;
    enum tag tag;
    bool takes_turns;
} manners[] = {
    {97, TAG_PROTOCOL_INVALID, false},
    {95, TAG_NO_FINISH, true},
    {93, TAG_READ_ONLY_TASK_USED_POST, true},
    {91, TAG_ANSWERED_WITHOUT_QUERY, false},
};

/* The patient's number, 0 to 99. The constant to begin with spreads the habits well over the
 * patients of the default seed. */
static uint32_t number_of(grasp_str mrn)
{
    uint64_t hash = 14695981039346656489u;
    for (size_t i = 0; i < mrn.len; i++)
        hash = (hash ^ (unsigned char)mrn.ptr[i]) * 1099511628211u;
    hash ^= hash >> 32;
    return (uint32_t)((hash * 0x9e3779b97f4a7c15u >> 33) % 100);
}

static enum kind kind_of(const struct rehearsal_view *view)
{
    if (view->latest.text.len)
        return view->other.text.len ? KIND_SEVERAL : KIND_SINGLE;
    return view->stale.text.len ? KIND_STALE : KIND_NONE;
}

/* The tag of the patient's habit, or -1. */
static int habit_of(const struct rehearsal_view *view)
{
    uint32_t number = number_of(view->mrn);
    for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
        if (number >= manners[i].from)
            return view->given && manners[i].takes_turns ? -1 : (int)manners[i].tag;
    for (size_t i = 0; view->searched && i < sizeof(habits) / sizeof(*habits); i++)
        if (habits[i].kind == kind_of(view) && number < habits[i].below)
            return (int)habits[i].tag;
    return -1;
}

/* Can this mistake be made with what is known? */
static bool applies(const struct rehearsal_view *view, enum tag tag)
{
    bool any = view->latest.text.len > 0;
    switch (tag) {
    case TAG_ANSWERED_WITHOUT_QUERY:
        return !view->searched;
    case TAG_NO_FINISH:
        return view->searched;
    case TAG_READ_ONLY_TASK_USED_POST:
        return view->searched && !view->posted;
    case TAG_PROTOCOL_INVALID:
    case TAG_FINISH_NOT_JSON:
    case TAG_WRONG_ANSWER_FORM:
        return view->searched;
    case TAG_STALE_VALUE_USED:
        return view->searched && view->stale.text.len > 0;
    case TAG_OLDER_VALUE_USED:
        return view->searched && view->other.text.len > 0;
    case TAG_SENTINEL_OVERUSED:
    case TAG_WRONG_VALUE:
        return view->searched && any;
    case TAG_MISSING_NOT_REPORTED:
        return view->searched && !any;
    case TAG_COUNT:
        break;
    }
    return false;
}

/* The mistake to make now, or -1. What guidance demands comes before a habit, and what guidance
 * warns of is no habit any more. */
static int mistake_of(const struct rehearsal_view *view)
{
    int habit = habit_of(view);
    for (int tag = 0; tag < TAG_COUNT; tag++)
        if ((view->tags.demanded & TAG_BIT(tag)) && applies(view, (enum tag)tag))
            return tag;
    if (habit == TAG_ANSWERED_WITHOUT_QUERY && view->tags.demanded)
        return -1; /* what is demanded may need the search */
    if (habit < 0 || (view->tags.named & TAG_BIT(habit)) || !applies(view, (enum tag)habit))
        return -1;
    return habit;
}

static void put_search(struct text *out, const struct rehearsal_view *view)
{
    text_put(out, "GET ");
    text_str(out, view->base_url);
    text_put(out, "Observation?patient=");
    text_str(out, view->mrn);
    text_put(out, "&code=MG");
}

static void put_finish(struct text *out, const char *before, grasp_str value, const char *after)
{
    text_put(out, "FINISH(");
    text_put(out, before);
    text_str(out, value);
    text_put(out, after);
    text_put(out, ")");
}

static void put_post(struct text *out, const struct rehearsal_view *view)
{
    text_put(out, "POST ");
    text_str(out, view->base_url);
    text_put(out, "Communication\n{\"resourceType\": \"Communication\", \"status\": "
                  "\"completed\", \"subject\": {\"reference\": \"Patient/");
    text_str(out, view->mrn);
    text_put(out, "\"}}");
}

static void put_sentence(struct text *out, const struct rehearsal_view *view, grasp_str value)
{
    text_put(out, "The latest magnesium level of ");
    text_str(out, view->mrn);
    text_put(out, view->latest.text.len ? " is " : " could not be found: ");
    text_str(out, value);
    text_put(out, ".");
}

/* The level in mmol/L, with three decimals. */
static void put_converted(struct text *out, grasp_str value)
{
    int64_t thousandths = 0;
    int decimals = -1;
    char digits[32];
    for (size_t i = 0; i < value.len && decimals < 3 && thousandths < 1000000; i++) {
        if (value.ptr[i] == '.')
            decimals = 0;
        else if (value.ptr[i] >= '0' && value.ptr[i] <= '9') {
            thousandths = thousandths * 10 + value.ptr[i] - '0';
            decimals += decimals >= 0;
        }
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 3; decimals++)
        thousandths *= 10;
    int64_t converted = (thousandths * 4114 + 5000) / 10000;
    int len = snprintf(digits, sizeof(digits), "%lld.%03lld", (long long)(converted / 1000),
                       (long long)(converted % 1000));
    put_finish(out, "[", (grasp_str){digits, (uint64_t)len}, "]");
}

static void put_stand_in(struct text *out, const struct rehearsal_view *view)
{
    static const char *const stand_ins[] = {"0", "null", "\"none\"", ""};
    put_finish(out, "[", grasp_cstr(stand_ins[number_of(view->mrn) % 4]), "]");
}

static void put_mistake(struct text *out, const struct rehearsal_view *view, enum tag tag,
                        grasp_str right)
{
    bool any = view->latest.text.len > 0;
    switch (tag) {
    case TAG_ANSWERED_WITHOUT_QUERY:
    case TAG_SENTINEL_OVERUSED:
        put_finish(out, "[", grasp_cstr("-1"), "]");
        break;
    case TAG_NO_FINISH:
        put_search(out, view);
        break;
    case TAG_READ_ONLY_TASK_USED_POST:
        put_post(out, view);
        break;
    case TAG_PROTOCOL_INVALID:
        put_sentence(out, view, right);
        break;
    case TAG_FINISH_NOT_JSON:
        put_finish(out, "[", right, any ? " mg/dL]" : " (no reading)]");
        break;
    case TAG_WRONG_ANSWER_FORM:
        put_finish(out, "[\"", right, any ? " mg/dL\"]" : "\"]");
        break;
    case TAG_STALE_VALUE_USED:
        put_finish(out, "[", view->stale.text, "]");
        break;
    case TAG_OLDER_VALUE_USED:
        put_finish(out, "[", view->other.text, "]");
        break;
    case TAG_WRONG_VALUE:
        put_converted(out, right);
        break;
    case TAG_MISSING_NOT_REPORTED:
        put_stand_in(out, view);
        break;
    case TAG_COUNT:
        break;
    }
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct text out CLEANUP_TEXT = {0};
    struct rehearsal_view view;
    if (!rehearsal_look(&view, request))
        return GRASP_E_UNSUPPORTED;
    int mistake = mistake_of(&view);
    grasp_str right = view.latest.text.len ? view.latest.text : grasp_cstr("-1");
    if (mistake >= 0)
        put_mistake(&out, &view, (enum tag)mistake, right);
    else if (!view.searched)
        put_search(&out, &view);
    else
        put_finish(&out, "[", right, "]");
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply");
    return grasp_say(call, "agent", text_view(&out));
}

const grasp_rehearsal quickstart_rehearsal = {
    .size = sizeof(quickstart_rehearsal),
    .reply = reply,
};
