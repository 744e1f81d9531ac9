// SPDX-License-Identifier: MIT
//! A method in Rust: the agent is told of the failures that were seen last. Knowledge is one file,
//! recent.txt, a failure tag a line, the latest first.

mod grasp;

use grasp::*;
use std::os::raw::c_void;

const FILE: &str = "recent.txt";
const KEPT: usize = 5;

struct Knowledge {
    tags: Vec<String>,
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.len() <= 100 && text.chars().all(word)
}

extern "C" fn open(_: *mut Call, _: Str, _task: Str, out_self: *mut *mut c_void) -> i32 {
    unsafe { *out_self = std::ptr::null_mut() };
    0
}

extern "C" fn info(call: *mut Call, _: *mut c_void) -> i32 {
    guarded(call, |call| call.emit_json(r#"{"unit": "batch", "folder": "recent"}"#))
}

extern "C" fn load(
    call: *mut Call,
    _: *mut c_void,
    files: *const Files,
    out_knowledge: *mut *mut c_void,
) -> i32 {
    guarded(call, |_| {
        let files = unsafe { &*files };
        let mut tags = Vec::new();
        for i in 0..files.count as usize {
            let file = unsafe { &*files.items.add(i) };
            if file.name.text() != FILE {
                let text = format!("{}: not a file of the method recent", file.name.text());
                return Err(Failure::new(E_INVALID, text));
            }
            for (number, line) in file.text.text().lines().enumerate() {
                if !is_tag(line) || number >= KEPT {
                    let text = format!("{}:{}: not a failure tag", FILE, number + 1);
                    return Err(Failure::new(E_INVALID, text));
                }
                tags.push(line.to_string());
            }
        }
        give(out_knowledge, Knowledge { tags });
        Ok(())
    })
}

extern "C" fn unload(_: *mut Call, _: *mut c_void, knowledge: *mut c_void) {
    drop_handle::<Knowledge>(knowledge);
}

extern "C" fn augment(call: *mut Call, _: *mut c_void, knowledge: *const c_void, _: *const c_void) -> i32 {
    guarded(call, |call| {
        let knowledge = unsafe { &*(knowledge as *const Knowledge) };
        if knowledge.tags.is_empty() {
            return Ok(());
        }
        call.guide(&format!("Do not repeat these failures: {}.", knowledge.tags.join(", ")))
    })
}

extern "C" fn learn(
    call: *mut Call,
    _: *mut c_void,
    _lab: *const c_void,
    _files: *const Files,
    knowledge: *const c_void,
    batch: Str,
) -> i32 {
    guarded(call, |call| {
        let before = unsafe { &(*(knowledge as *const Knowledge)).tags };
        let mut tags = before.clone();
        for rollout in call.parse(batch).get("rollouts").items() {
            for tag in rollout.get("failure_tags").items().map(|tag| tag.text()) {
                if is_tag(&tag) {
                    tags.retain(|other| *other != tag);
                    tags.insert(0, tag);
                }
            }
        }
        tags.truncate(KEPT);
        if tags == *before {
            return Ok(()); // the present knowledge stays
        }
        call.emit_file(FILE, &(tags.join("\n") + "\n"))
    })
}

extern "C" fn close(_: *mut Call, _: *mut c_void) {}

static METHOD: Method = Method {
    size: size_of::<Method>(),
    flags: 0,
    id: b"recent\0".as_ptr(),
    summary: b"tells of the failures that were seen last\0".as_ptr(),
    options: std::ptr::null(),
    open,
    info,
    load,
    unload,
    augment,
    describe: None,
    learn: Some(learn),
    epoch_end: None,
    close,
    extension: None,
};

static METHODS: [&Method; 1] = [&METHOD];

static PLUGIN: Plugin = Plugin {
    size: size_of::<Plugin>(),
    abi_minor: 0,
    name: b"recent\0".as_ptr(),
    version: b"1.0\0".as_ptr(),
    license: b"MIT\0".as_ptr(),
    tasks: std::ptr::null(),
    task_count: 0,
    methods: METHODS.as_ptr(),
    method_count: 1,
};

#[no_mangle]
pub extern "C" fn grasp_plugin_v1() -> *const Plugin {
    &PLUGIN
}
