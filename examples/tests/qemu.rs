// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual machine whose RAM is ours, writing as long as it lives.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{HandleBased, Rights, StartupHandles, VmarFlags, Vmo};

const RAM: usize = 16 << 20;
const COUNTER: usize = 0x8000;
const WORD: usize = 0x8004;
const ECHO: usize = 0x8008;
const MESSAGE: usize = 0x9000;

/// Sixteen-bit code at 0x7c00.
const BOOT: &[u8] = &[
    0xfa, // cli
    0x31, 0xc0, // xor ax, ax
    0x8e, 0xd8, // mov ds, ax
    0x8e, 0xc0, // mov es, ax
    0xfc, // cld
    // again:
    0x66, 0xff, 0x06, 0x00, 0x80, // inc dword [0x8000]
    0xa0, 0x00, 0x80, // mov al, [0x8000]
    0xbf, 0x00, 0x90, // mov di, 0x9000
    0xb9, 0x00, 0x10, // mov cx, 4096
    0xf3, 0xaa, // rep stosb
    // A while in which the message is whole.
    0xb9, 0xff, 0xff, // mov cx, 65535
    0xe2, 0xfe, // loop $
    0x66, 0xa1, 0x04, 0x80, // mov eax, [0x8004]
    0x66, 0xa3, 0x08, 0x80, // mov [0x8008], eax
    0xeb, 0xe1, // jmp again
];

struct Qemu(Child);

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn word(ram: &Mapping, offset: usize) -> u32 {
    let mut bytes = [0; 4];
    ram.read_exact_at(offset, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not yet");
        sleep(Duration::from_millis(5));
    }
}

fn start(vmo: &Vmo) -> Qemu {
    let mut sector = BOOT.to_vec();
    sector.resize(510, 0);
    sector.extend([0x55, 0xaa]);
    let disk =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("boot-{}.img", std::process::id()));
    std::fs::write(&disk, sector).unwrap();
    let theirs = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let path = format!("/proc/self/fd/{}", theirs.as_raw_fd());
    let ram = format!("memory-backend-file,id=ram,size=16M,mem-path={path},share=on");
    let drive = format!("file={},format=raw,if=ide,readonly=off", disk.display());
    let mut command = Command::new("qemu-system-x86_64");
    command.args(["-object", &ram, "-machine", "pc,memory-backend=ram"]);
    command.args(["-m", "16M", "-accel", "tcg", "-display", "none"]);
    command.args(["-nodefaults", "-no-reboot", "-drive", &drive]);
    command.startup_handle(0, theirs.into_handle()).unwrap();
    Qemu(command.stdin(Stdio::null()).spawn().unwrap())
}

/// Waits for a copy of a message that is whole, and other than `last`.
fn whole_message(ram: &Mapping, last: Option<u8>) -> u8 {
    let mut message = [0; 4096];
    until("a whole message", || {
        ram.read_exact_at(MESSAGE, &mut message).unwrap();
        let [first, rest @ ..] = &message;
        Some(*first) != last && rest.iter().all(|byte| byte == first)
    });
    let [first, ..] = message;
    first
}

/// Truncates the RAM by the descriptors of qemu: its size is sealed.
fn can_not_truncate(qemu: &Qemu) {
    let mut tried = 0;
    for fd in std::fs::read_dir(format!("/proc/{}/fd", qemu.0.id())).unwrap() {
        let fd = fd.unwrap().path();
        let link = std::fs::read_link(&fd).unwrap_or_default();
        if link.to_string_lossy().starts_with("/memfd:") {
            let file = OpenOptions::new().write(true).open(&fd).unwrap();
            let error = file.set_len(4096).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(1), "{error}");
            tried += 1;
        }
    }
    assert!(tried > 0, "qemu does not hold its RAM");
}

#[test]
fn we_read_on_while_a_guest_writes_and_when_it_is_killed() {
    let program = "qemu-system-x86_64";
    if real_programs::find(program, "qemu-system-x86", "qemu").is_none() {
        return;
    }
    let vmo = Vmo::create(u64::try_from(RAM).unwrap()).unwrap();
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let ram = Mapping::create_from_vmo(&vmo, RAM, flags).unwrap();
    let mut qemu = start(&vmo);
    until("the guest counts", || word(&ram, COUNTER) > 100);
    ram.write_all_at(WORD, &0x0bad_cafe_u32.to_le_bytes())
        .unwrap();
    until("the guest echoes", || word(&ram, ECHO) == 0x0bad_cafe);
    let first = whole_message(&ram, None);
    whole_message(&ram, Some(first));
    can_not_truncate(&qemu);
    qemu.0.kill().unwrap();
    qemu.0.wait().unwrap();
    let last = word(&ram, COUNTER);
    sleep(Duration::from_millis(20));
    assert_eq!(word(&ram, COUNTER), last);
    let mut message = [0; 4096];
    ram.read_exact_at(MESSAGE, &mut message).unwrap();
}
