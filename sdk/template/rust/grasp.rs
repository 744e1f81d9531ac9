// SPDX-License-Identifier: MIT
//! The part of the plugin interface that these two plugins use, in Rust. The structs follow
//! grasp/abi.h, task.h and method.h member for member; what is said there holds here.
//! A plugin includes this file with `mod grasp;`.
#![allow(dead_code)]

use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;

pub const E_FAILED: i32 = -1;
pub const E_INVALID: i32 = -3;
pub const E_NOT_FOUND: i32 = -4;
pub const E_UNSUPPORTED: i32 = -5;

pub const REPLY_CONTEXT_LIMIT: i32 = 1;
pub const PLACE_TASK: i32 = 0;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const c_char,
    pub len: u64,
}

impl Str {
    pub const fn of(text: &str) -> Str {
        Str { ptr: text.as_ptr() as *const c_char, len: text.len() as u64 }
    }

    /// The text, for as long as the running call lasts. The host promises UTF-8 (R5).
    pub fn text<'a>(self) -> &'a str {
        if self.len == 0 {
            return "";
        }
        let bytes =
            unsafe { std::slice::from_raw_parts(self.ptr as *const u8, self.len as usize) };
        std::str::from_utf8(bytes).unwrap_or("")
    }
}

#[repr(C)]
pub struct Call {
    pub host: *const Host,
}

#[repr(C)]
pub struct Message {
    pub size: u32,
    pub flags: u32,
    pub role: Str,
    pub content: Str,
    pub tool_calls: Str,
    pub tool_call_id: Str,
    pub name: Str,
}

#[repr(C)]
pub struct Outcome {
    pub size: u32,
    pub reserved: u32,
    pub status: Str,
    pub answer: Str,
    pub raw: Str,
}

#[repr(C)]
pub struct Verdict {
    pub size: u32,
    pub correct: i32,
    pub score: f64,
    pub tags: Str,
    pub detail: Str,
}

#[repr(C)]
pub struct Guidance {
    pub size: u32,
    pub placement: i32,
    pub text: Str,
    pub used: Str,
}

#[repr(C)]
pub struct File {
    pub name: Str,
    pub text: Str,
}

#[repr(C)]
pub struct Files {
    pub items: *const File,
    pub count: u64,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub log: extern "C" fn(*mut Call, i32, Str),
    pub fail: extern "C" fn(*mut Call, i32, Str) -> i32,
    pub scratch: extern "C" fn(*mut Call, u64) -> *mut c_void,
    pub now: extern "C" fn(*mut Call) -> i64,
    pub cancelled: extern "C" fn(*mut Call) -> i32,
    pub extension: extern "C" fn(*mut Call, Str) -> *const c_void,
    pub emit_json: extern "C" fn(*mut Call, Str) -> i32,
    pub emit_message: extern "C" fn(*mut Call, *const Message) -> i32,
    pub emit_action: extern "C" fn(*mut Call, Str) -> i32,
    pub emit_outcome: extern "C" fn(*mut Call, *const Outcome) -> i32,
    pub emit_verdict: extern "C" fn(*mut Call, *const Verdict) -> i32,
    pub emit_request: extern "C" fn(*mut Call, Str) -> i32,
    pub emit_guidance: extern "C" fn(*mut Call, *const Guidance) -> i32,
    pub emit_files: extern "C" fn(*mut Call, *const Files) -> i32,
}

/// The first members of grasp.json/1; the table has more behind them.
#[repr(C)]
pub struct Json {
    pub size: u32,
    pub reserved: u32,
    pub parse: extern "C" fn(*mut Call, Str, *mut Str) -> *mut c_void,
    pub kind: extern "C" fn(*const c_void) -> i32,
    pub as_bool: extern "C" fn(*const c_void, i32) -> i32,
    pub as_int: extern "C" fn(*const c_void, i64) -> i64,
    pub as_double: extern "C" fn(*const c_void, f64) -> f64,
    pub as_string: extern "C" fn(*const c_void) -> Str,
    pub count: extern "C" fn(*const c_void) -> u64,
    pub at: extern "C" fn(*const c_void, u64) -> *mut c_void,
    pub get: extern "C" fn(*const c_void, Str) -> *mut c_void,
}

#[repr(C)]
pub struct Reply {
    pub size: u32,
    pub kind: i32,
    pub text: Str,
    pub tool_calls: Str,
    pub finish_reason: Str,
}

#[repr(C)]
pub struct RehearsalRequest {
    pub size: u32,
    pub reserved: u32,
    pub messages: *const *const Message,
    pub count: u64,
    pub tools: Str,
    pub temperature: f64,
    pub seed: u64,
}

#[repr(C)]
pub struct Rehearsal {
    pub size: u32,
    pub reserved: u32,
    pub reply: extern "C" fn(*mut Call, *const RehearsalRequest) -> i32,
}

#[repr(C)]
pub struct Task {
    pub size: u32,
    pub flags: u32,
    pub id: *const u8,
    pub summary: *const u8,
    pub options: *const u8,
    pub open: extern "C" fn(*mut Call, Str, *mut *mut c_void) -> i32,
    pub info: extern "C" fn(*mut Call, *mut c_void) -> i32,
    pub samples: extern "C" fn(*mut Call, *mut c_void, Str) -> i32,
    pub begin: extern "C" fn(*mut Call, *mut c_void, Str, u64, *mut *mut c_void) -> i32,
    pub step: extern "C" fn(*mut Call, *mut c_void, *mut c_void, *const Reply) -> i32,
    pub end: extern "C" fn(*mut Call, *mut c_void, *mut c_void),
    pub grade: extern "C" fn(*mut Call, *mut c_void, Str, Str, Str) -> i32,
    pub close: extern "C" fn(*mut Call, *mut c_void),
    pub extension: Option<extern "C" fn(Str) -> *const c_void>,
}

pub type Learn =
    extern "C" fn(*mut Call, *mut c_void, *const c_void, *const Files, *const c_void, Str) -> i32;

#[repr(C)]
pub struct Method {
    pub size: u32,
    pub flags: u32,
    pub id: *const u8,
    pub summary: *const u8,
    pub options: *const u8,
    pub open: extern "C" fn(*mut Call, Str, Str, *mut *mut c_void) -> i32,
    pub info: extern "C" fn(*mut Call, *mut c_void) -> i32,
    pub load: extern "C" fn(*mut Call, *mut c_void, *const Files, *mut *mut c_void) -> i32,
    pub unload: extern "C" fn(*mut Call, *mut c_void, *mut c_void),
    pub augment: extern "C" fn(*mut Call, *mut c_void, *const c_void, *const c_void) -> i32,
    pub describe: Option<extern "C" fn(*mut Call, *mut c_void, *const c_void) -> i32>,
    pub learn: Option<Learn>,
    pub epoch_end: Option<Learn>,
    pub close: extern "C" fn(*mut Call, *mut c_void),
    pub extension: Option<extern "C" fn(Str) -> *const c_void>,
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi_minor: u32,
    pub name: *const u8,
    pub version: *const u8,
    pub license: *const u8,
    pub tasks: *const &'static Task,
    pub task_count: u64,
    pub methods: *const &'static Method,
    pub method_count: u64,
}

// The tables are constant.
unsafe impl Sync for Task {}
unsafe impl Sync for Method {}
unsafe impl Sync for Plugin {}

pub const fn size_of<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// Why a call fails: the status, and the reason that the host is to be given.
pub struct Failure {
    pub code: i32,
    pub text: Option<String>,
}

impl Failure {
    pub fn new(code: i32, text: impl Into<String>) -> Failure {
        Failure { code, text: Some(text.into()) }
    }
}

pub type Outcomes = Result<(), Failure>;

/// A status of a host function; the host knows its reason.
fn must(code: i32) -> Outcomes {
    if code < 0 {
        return Err(Failure { code, text: None });
    }
    Ok(())
}

/// The running call, with the host's functions.
#[derive(Clone, Copy)]
pub struct Running(pub *mut Call);

impl Running {
    fn host(&self) -> &Host {
        unsafe { &*(*self.0).host }
    }

    fn json(&self) -> &Json {
        unsafe { &*((self.host().extension)(self.0, Str::of("grasp.json/1")) as *const Json) }
    }

    pub fn emit_json(&self, text: &str) -> Outcomes {
        must((self.host().emit_json)(self.0, Str::of(text)))
    }

    pub fn say(&self, role: &str, content: &str) -> Outcomes {
        let empty = Str::of("");
        let message = Message {
            size: size_of::<Message>(),
            flags: 0,
            role: Str::of(role),
            content: Str::of(content),
            tool_calls: empty,
            tool_call_id: empty,
            name: empty,
        };
        must((self.host().emit_message)(self.0, &message))
    }

    pub fn done(&self, status: &str, answer: &str) -> Outcomes {
        let outcome = Outcome {
            size: size_of::<Outcome>(),
            reserved: 0,
            status: Str::of(status),
            answer: Str::of(answer),
            raw: Str::of("{}"),
        };
        must((self.host().emit_outcome)(self.0, &outcome))
    }

    pub fn judge(&self, correct: bool, tags: &str) -> Outcomes {
        let verdict = Verdict {
            size: size_of::<Verdict>(),
            correct: correct as i32,
            score: correct as i32 as f64,
            tags: Str::of(tags),
            detail: Str::of(""),
        };
        must((self.host().emit_verdict)(self.0, &verdict))
    }

    pub fn guide(&self, text: &str) -> Outcomes {
        let guidance = Guidance {
            size: size_of::<Guidance>(),
            placement: PLACE_TASK,
            text: Str::of(text),
            used: Str::of(""),
        };
        must((self.host().emit_guidance)(self.0, &guidance))
    }

    pub fn emit_file(&self, name: &str, text: &str) -> Outcomes {
        let file = File { name: Str::of(name), text: Str::of(text) };
        must((self.host().emit_files)(self.0, &Files { items: &file, count: 1 }))
    }

    /// The value of a JSON text; null for what is not JSON.
    pub fn parse(&self, text: Str) -> Value {
        let none = std::ptr::null_mut();
        Value { json: self.json(), value: (self.json().parse)(self.0, text, none) }
    }
}

/// A JSON value. It lives until the call returns.
#[derive(Clone, Copy)]
pub struct Value {
    json: *const Json,
    value: *mut c_void,
}

impl Value {
    fn json(&self) -> &Json {
        unsafe { &*self.json }
    }

    pub fn get(&self, key: &str) -> Value {
        Value { value: (self.json().get)(self.value, Str::of(key)), ..*self }
    }

    pub fn items(self) -> impl Iterator<Item = Value> {
        let count = (self.json().count)(self.value);
        (0..count).map(move |i| Value { value: (self.json().at)(self.value, i), ..self })
    }

    /// The string, empty for anything else.
    pub fn text(&self) -> String {
        (self.json().as_string)(self.value).text().to_string()
    }
}

/// Runs the body of a plugin function: errors become a status with its reason, and so do panics,
/// which must not leave it (R10).
pub fn guarded(call: *mut Call, body: impl FnOnce(Running) -> Outcomes) -> i32 {
    // The message of a panic goes to the host, not to standard error (R13).
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let running = Running(call);
    let failure = match catch_unwind(AssertUnwindSafe(|| body(running))) {
        Ok(Ok(())) => return 0,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(|s| s.as_str());
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Failure::new(E_FAILED, format!("panic: {}", text.unwrap_or("without a message")))
        }
    };
    match failure.text {
        Some(text) => (running.host().fail)(call, failure.code, Str::of(&text)),
        None => failure.code,
    }
}

/// Hands a value out as a handle.
pub fn give<T>(out: *mut *mut c_void, value: T) {
    unsafe { *out = Box::into_raw(Box::new(value)) as *mut c_void }
}

/// Takes a handle back and drops it; NULL is fine (R8).
pub fn drop_handle<T>(handle: *mut c_void) {
    if !handle.is_null() {
        // A panic in a destructor must not leave either.
        let _ = catch_unwind(|| unsafe { drop(Box::from_raw(handle as *mut T)) });
    }
}
