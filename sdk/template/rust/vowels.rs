// SPDX-License-Identifier: MIT
//! A task in Rust: the vowels of a word are to be counted ("COUNT 3"). The agent may try twice.

mod grasp;

use grasp::*;
use std::os::raw::c_void;

const WORDS: [&str; 12] = [
    "banana", "orange", "melon", "apricot", "lemon", "tomato", "potato", "radish", "celery",
    "onion", "yucca", "spinach",
];
const QUESTION: &str = "Count the vowels of: ";

struct Episode {
    word: String,
    turns: u32,
}

fn vowels(word: &str, with_y: bool) -> usize {
    word.chars().filter(|c| "aeiou".contains(*c) || (with_y && *c == 'y')).count()
}

extern "C" fn open(_: *mut Call, _: Str, out_self: *mut *mut c_void) -> i32 {
    unsafe { *out_self = std::ptr::null_mut() };
    0
}

extern "C" fn info(call: *mut Call, _: *mut c_void) -> i32 {
    guarded(call, |call| {
        call.emit_json(
            r#"{"name": "vowels", "splits": ["dev", "val"], "max_turns": 2, "writer": {"family":
            "letters", "labels": {"first_vowel_missed": "the count is one too low"}}}"#,
        )
    })
}

extern "C" fn samples(call: *mut Call, _: *mut c_void, split: Str) -> i32 {
    guarded(call, |call| {
        let words = match split.text() {
            "dev" => &WORDS[..8],
            "val" => &WORDS[8..],
            other => {
                let text = format!("vowels: there is no split '{}'", other);
                return Err(Failure::new(E_NOT_FOUND, text));
            }
        };
        for word in words {
            call.emit_json(&format!(r#"{{"id": "{0}", "word": "{0}"}}"#, word))?;
        }
        Ok(())
    })
}

extern "C" fn begin(
    call: *mut Call,
    _: *mut c_void,
    sample: Str,
    _seed: u64,
    out_episode: *mut *mut c_void,
) -> i32 {
    guarded(call, |call| {
        let word = call.parse(sample).get("word").text();
        if word.is_empty() {
            return Err(Failure::new(E_INVALID, "vowels: the sample has no \"word\""));
        }
        call.say("user", &format!("{}{}", QUESTION, word))?;
        give(out_episode, Episode { word, turns: 0 });
        Ok(())
    })
}

extern "C" fn step(call: *mut Call, _: *mut c_void, episode: *mut c_void, reply: *const Reply) -> i32 {
    guarded(call, |call| {
        let (episode, reply) = unsafe { (&mut *(episode as *mut Episode), &*reply) };
        if reply.kind == REPLY_CONTEXT_LIMIT {
            return call.done("agent context limit", "");
        }
        let count = match reply.text.text().strip_prefix("COUNT ") {
            Some(rest) => rest.trim(),
            None => return call.done("agent invalid action", ""),
        };
        episode.turns += 1;
        match count.parse::<usize>() {
            Err(_) => call.done("agent invalid action", ""),
            Ok(n) if n == vowels(&episode.word, false) || episode.turns == 2 => {
                call.done("completed", &n.to_string())
            }
            Ok(_) => call.say("user", "That is not right. Once more."),
        }
    })
}

extern "C" fn end(_: *mut Call, _: *mut c_void, episode: *mut c_void) {
    drop_handle::<Episode>(episode);
}

extern "C" fn grade(call: *mut Call, _: *mut c_void, sample: Str, rollout: Str, _judge: Str) -> i32 {
    guarded(call, |call| {
        let word = call.parse(sample).get("word").text();
        let answer = call.parse(rollout).get("answer").text();
        let correct = answer.parse() == Ok(vowels(&word, false));
        call.judge(correct, r#"["first_vowel_missed"]"#)
    })
}

extern "C" fn close(_: *mut Call, _: *mut c_void) {}

/// The agent of a rehearsal: it counts one too few, unless it was told of that.
extern "C" fn reply(call: *mut Call, request: *const RehearsalRequest) -> i32 {
    let mut known = false;
    let status = guarded(call, |call| {
        let request = unsafe { &*request };
        let (mut word, mut careful) = (None, false);
        for i in 0..request.count as usize {
            let text = unsafe { (**request.messages.add(i)).content.text() };
            if let Some(at) = text.find(QUESTION) {
                word = text[at + QUESTION.len()..].lines().next();
            }
            careful |= text.contains("first_vowel_missed");
        }
        let word = match word {
            Some(word) => word,
            None => return Ok(()),
        };
        known = true;
        let count = vowels(word, false);
        call.say("agent", &format!("COUNT {}", if careful { count } else { count.max(1) - 1 }))
    });
    if status == 0 && !known {
        return E_UNSUPPORTED; // not a conversation of this task
    }
    status
}

static REHEARSAL: Rehearsal = Rehearsal { size: size_of::<Rehearsal>(), reserved: 0, reply };

extern "C" fn extension(id: Str) -> *const c_void {
    match id.text() {
        "grasp.rehearsal/1" => &REHEARSAL as *const Rehearsal as *const c_void,
        _ => std::ptr::null(),
    }
}

static TASK: Task = Task {
    size: size_of::<Task>(),
    flags: 0,
    id: b"vowels\0".as_ptr(),
    summary: b"counts the vowels of words\0".as_ptr(),
    options: std::ptr::null(),
    open,
    info,
    samples,
    begin,
    step,
    end,
    grade,
    close,
    extension: Some(extension),
};

static TASKS: [&Task; 1] = [&TASK];

static PLUGIN: Plugin = Plugin {
    size: size_of::<Plugin>(),
    abi_minor: 0,
    name: b"vowels\0".as_ptr(),
    version: b"1.0\0".as_ptr(),
    license: b"MIT\0".as_ptr(),
    tasks: TASKS.as_ptr(),
    task_count: 1,
    methods: std::ptr::null(),
    method_count: 0,
};

#[no_mangle]
pub extern "C" fn grasp_plugin_v1() -> *const Plugin {
    &PLUGIN
}
