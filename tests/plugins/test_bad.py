"""Each bad plugin is refused by the rule that it breaks, and by no other; its message says why; and
the command that the message gives shows the same again."""
import os

import common

# name -> rule, part of what is seen, further arguments
CASES = {
    "all_descriptors": ("R19", "no file descriptor is left"),
    "answers_extension": ("R18", "is not NULL"),
    "asserts": ("R10", "aborted"),
    "changes_folder": ("R13", "working folder"),
    "changes_limits": ("R13", "a limit of the process"),
    "changes_locale": ("R13", "locale"),
    "clock_in_learn": ("R14", "another process"),
    "closes_streams": ("R13", "descriptor 0"),
    "crash_in_begin": ("R16", "crash in begin"),
    "emits_elsewhere": ("R7", "emit_message has no place in grade"),
    "end_of_nothing": ("R8", "crash in end"),
    "exact_size": ("R3", "another host"),
    "exits": ("R13", "ended the process"),
    "forks": ("R13", "fork"),
    "frees_input": ("R7", "heap"),
    "garbage_accepted": ("R16", "load accepts garbage"),
    "handles_signals": ("R13", "signal 2"),
    "hang_in_step": ("R16", "step did not return", "--timeout", "1"),
    "impure_grade": ("R14", "second time"),
    "json_not_utf8": ("R5", "not valid UTF-8"),
    "keeps_input": ("R6", "crash in step"),
    "late_call": ("R11", "the call of open"),
    "leak": ("R19", "every episode leaves"),
    "leaked_descriptor": ("R19", "file descriptor"),
    "leaked_knowledge": ("R19", "every load and unload leaves"),
    "leaked_mapping": ("R19", "bytes mapped"),
    "leaves_thread": ("R12", "threads are left"),
    "no_reason": ("R9", "gave no reason"),
    "not_utf8": ("R5", "not valid UTF-8"),
    "other_pointer": ("R2", "same pointer"),
    "other_thread": ("R12", "another thread"),
    "overlapping_splits": ("R5", "is in the splits dev and val"),
    "oversized": ("R20", "the limit is"),
    "prints": ("R13", "standard output"),
    "prints_at_load": ("R2", "adding 1.0 is ready"),
    "random_augment": ("R14", "Hint"),
    "second_symbol": ("R1", "helper_of_mine"),
    "sets_timer": ("R13", "a timer of the process"),
    "shared_state": ("R14", "while others are open"),
    "short_table": ("R3", "lacks `step`"),
    "strict_kinds": ("R15", "unknown kind"),
    "strict_members": ("R15", "unknown member"),
    "thread_bound": ("R17", "another thread"),
    "throws": ("R10", "exception"),
    "two_outcomes": ("R5", "one outcome"),
    "unknown_status": ("R4", "-22"),
    "unload_of_nothing": ("R8", "crash in unload"),
    "unstable_samples": ("R14", "second time"),
    "writable_table": ("R2", "can be written"),
    "writes_input": ("R6", "crash in step"),
    "wrong_major": ("R1", "built for version 2 of the plugin interface"),
}
if common.SANITIZED:
    # Its own free writes into the block before it finds that it is none.
    CASES["frees_input"] = ("R6", "wrote into an input")


def one(name):
    rule, part, *more = CASES[name]
    path = common.path_of(name)
    if name == "throws" and not os.path.exists(path):
        print("throws: left out, there is no C++ compiler", flush=True)
        return None
    code, document = common.check(path, *more)
    if code != 5 or document["accepted"]:
        return "is accepted"
    if common.broken_rules(document) != [rule]:
        return "breaks %s, not %s alone%s" % (common.broken_rules(document), rule,
                                              common.shown(document))
    row = next((row for row in common.failures(document) if part in row["seen"]), None)
    if not row:
        return "does not say %r%s" % (part, common.shown(document))
    again = common.run(*row["repeat"].split()[2:], *more)
    if again.returncode != 5 or part not in again.stdout:
        return "%s gave code %d:\n%s" % (row["repeat"], again.returncode, again.stdout)
    return None


common.each(sorted(CASES), one)
