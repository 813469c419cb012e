// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every instruction that touches a page, one by one.
//!
//! ```text
//!   page closed ─► an access faults ─► SIGSEGV: note the instruction, open the page, set the
//!        ▲                             trap flag ─► the instruction runs, alone ─┐
//!        └────────────── SIGTRAP: close the page, clear the trap flag ◄──────────┘
//! ```
//!
//! Nothing is sampled and nothing is timed, so the answer is the same on every run.
#![allow(
    unsafe_code,
    reason = "signal handlers, page protection, the linker's section bounds"
)]

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::io;

use libc::{c_int, siginfo_t, ucontext_t};

/// How many accesses one trace can hold.
const CAPACITY: usize = 1 << 14;

/// The flag with which x86-64 traps after one instruction (TF).
const TRAP_FLAG: i64 = 0x100;

/// The bit of a page fault's error code that says it was a write.
const WRITE_BIT: i64 = 2;

static PAGE: AtomicUsize = AtomicUsize::new(0);
static LEN: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static INSTRUCTIONS: [AtomicUsize; CAPACITY] = [const { AtomicUsize::new(0) }; CAPACITY];
/// Twice the offset, plus 1 for a write.
static OFFSETS: [AtomicUsize; CAPACITY] = [const { AtomicUsize::new(0) }; CAPACITY];

/// One instruction's access to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The address of the instruction.
    pub instruction: usize,
    /// The first byte that faulted, from the start of the page.
    pub offset: usize,
    /// Whether it was a store.
    pub write: bool,
}

/// Watches `len` bytes of whole pages at `page` from now on. The process watches one range.
///
/// # Errors
///
/// What `sigaction` says.
pub fn watch(page: *mut u8, len: usize) -> io::Result<()> {
    PAGE.store(page.expose_provenance(), Relaxed);
    LEN.store(len, Relaxed);
    handle(libc::SIGSEGV, on_fault)?;
    handle(libc::SIGTRAP, on_step)
}

/// Runs `work` and gives what it returned and each of its accesses to the page, in order.
///
/// # Panics
///
/// If there were more accesses than a trace holds, or the pages cannot be protected.
pub fn trace<R>(work: impl FnOnce() -> R) -> (R, Vec<Access>) {
    COUNT.store(0, Relaxed);
    assert!(protect(libc::PROT_NONE), "cannot close the page");
    let result = work();
    assert!(
        protect(libc::PROT_READ | libc::PROT_WRITE),
        "cannot open it"
    );
    let count = COUNT.load(Relaxed);
    assert!(
        count <= CAPACITY,
        "{count} accesses, a trace holds {CAPACITY}"
    );
    let logged = INSTRUCTIONS.iter().zip(&OFFSETS).take(count);
    let accesses = logged.map(|(instruction, offset)| Access {
        instruction: instruction.load(Relaxed),
        offset: offset.load(Relaxed) / 2,
        write: offset.load(Relaxed) % 2 == 1,
    });
    (result, accesses.collect())
}

type Handler = extern "C" fn(c_int, &siginfo_t, &mut ucontext_t);

fn handle(signal: c_int, handler: Handler) -> io::Result<()> {
    // SAFETY: all zeros is a `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: a valid action, whose handler has the signature that SA_SIGINFO asks for and
    // does only what a handler may: atomics of its own, and system calls.
    let result = unsafe { libc::sigaction(signal, &raw const action, core::ptr::null_mut()) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The page was touched: note by whom, let that one instruction pass.
extern "C" fn on_fault(signal: c_int, info: &siginfo_t, context: &mut ucontext_t) {
    // SAFETY: the kernel fills in the address for SIGSEGV.
    let addr = unsafe { info.si_addr() }.addr();
    let offset = addr.wrapping_sub(PAGE.load(Relaxed));
    if offset >= LEN.load(Relaxed) {
        // Somebody else's fault: it happens again, and ends the process.
        // SAFETY: the default action is always allowed, and may be set in a handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    }
    let registers = &mut context.uc_mcontext.gregs;
    let write = registers[register(libc::REG_ERR)] & WRITE_BIT != 0;
    let index = COUNT.fetch_add(1, Relaxed);
    if let (Some(instruction), Some(logged)) = (INSTRUCTIONS.get(index), OFFSETS.get(index)) {
        instruction.store(registers[register(libc::REG_RIP)] as usize, Relaxed);
        logged.store(offset * 2 + usize::from(write), Relaxed);
    }
    registers[register(libc::REG_EFL)] |= TRAP_FLAG;
    protect_or_abort(libc::PROT_READ | libc::PROT_WRITE);
}

/// That instruction has run: close the page again.
extern "C" fn on_step(_signal: c_int, _info: &siginfo_t, context: &mut ucontext_t) {
    context.uc_mcontext.gregs[register(libc::REG_EFL)] &= !TRAP_FLAG;
    protect_or_abort(libc::PROT_NONE);
}

/// The index of a register in `gregs`.
fn register(number: c_int) -> usize {
    number as usize
}

/// Whether the page has that protection now. A wrapper of one system call, so it may be
/// called in a handler.
fn protect(protection: c_int) -> bool {
    let page = core::ptr::with_exposed_provenance_mut(PAGE.load(Relaxed));
    // SAFETY: the pages that `watch` was given. Who touches them while they are closed
    // is caught by `on_fault`.
    unsafe { libc::mprotect(page, LEN.load(Relaxed), protection) == 0 }
}

/// [`protect`] inside a handler, where a panic may not start: the process ends instead.
fn protect_or_abort(protection: c_int) {
    if !protect(protection) {
        // SAFETY: `abort` may be called anywhere, in a handler too.
        unsafe { libc::abort() }
    }
}

/// The address ranges of the engine's asm blocks, if they were recorded in this build
/// (`--cfg vmo_border_map`).
#[cfg(vmo_border_map)]
#[must_use]
pub fn border() -> Option<Vec<Range<usize>>> {
    unsafe extern "C" {
        // The linker defines these where a section has the name of a C identifier.
        static __start_vmo_border: [i64; 2];
        static __stop_vmo_border: [i64; 2];
    }
    let (mut entry, stop) = (&raw const __start_vmo_border, &raw const __stop_vmo_border);
    let mut blocks = Vec::new();
    while entry < stop {
        // SAFETY: an entry of the section, between its bounds.
        let distances = unsafe { *entry };
        // Each distance counts from the field that holds it.
        let [start, end] = [0, 1].map(|field| {
            let base = entry.addr().wrapping_add(field * size_of::<i64>());
            base.wrapping_add_signed(distances[field] as isize)
        });
        blocks.push(start..end);
        entry = entry.wrapping_add(1);
    }
    Some(blocks)
}

/// The address ranges of the engine's asm blocks, if they were recorded in this build
/// (`--cfg vmo_border_map`).
#[cfg(not(vmo_border_map))]
#[must_use]
pub fn border() -> Option<Vec<Range<usize>>> {
    None
}
