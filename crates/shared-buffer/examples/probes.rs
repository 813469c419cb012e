// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions whose machine code `ci/codegen` looks at, by name. Run, they say what they copy.
#![allow(unsafe_code, reason = "names that the disassembler can find")]

use core::hint::black_box;

use shared_buffer::{AccessError, SharedBuffer};

macro_rules! probes {
    ($($read:ident, $write:ident: $len:literal;)+) => {$(
        #[inline(never)]
        // Unmangled: no other function of this program has the name.
        #[unsafe(no_mangle)]
        fn $read(buffer: &SharedBuffer, offset: usize, dst: &mut [u8; $len]) -> bool {
            buffer.read_exact_at(offset, dst).is_ok()
        }

        #[inline(never)]
        // Unmangled: no other function of this program has the name.
        #[unsafe(no_mangle)]
        fn $write(buffer: &SharedBuffer, offset: usize, src: &[u8; $len]) -> bool {
            buffer.write_all_at(offset, src).is_ok()
        }
    )+};
}

probes! {
    probe_read_1, probe_write_1: 1;
    probe_read_2, probe_write_2: 2;
    probe_read_4, probe_write_4: 4;
    probe_read_8, probe_write_8: 8;
    probe_read_16, probe_write_16: 16;
}

macro_rules! value_probes {
    ($($get:ident, $set:ident: $value:ty, $read:ident, $write:ident;)+) => {$(
        #[inline(never)]
        // Unmangled: no other function of this program has the name.
        #[unsafe(no_mangle)]
        fn $get(buffer: &SharedBuffer, offset: usize, dst: &mut $value) -> bool {
            buffer.$read(offset).map(|value| *dst = value).is_ok()
        }

        #[inline(never)]
        // Unmangled: no other function of this program has the name.
        #[unsafe(no_mangle)]
        fn $set(buffer: &SharedBuffer, offset: usize, value: $value) -> bool {
            buffer.$write(offset, value).is_ok()
        }
    )+};
}

value_probes! {
    probe_get_8, probe_set_8: u64, read_value, write_value;
    probe_get_be_4, probe_set_be_4: u32, read_be, write_be;
}

#[inline(never)]
// Unmangled: no other function of this program has the name.
#[unsafe(no_mangle)]
fn probe_read_any(
    buffer: &SharedBuffer,
    offset: usize,
    dst: &mut [u8],
) -> Result<usize, AccessError> {
    buffer.try_read_at(offset, dst)
}

#[inline(never)]
// Unmangled: no other function of this program has the name.
#[unsafe(no_mangle)]
fn probe_write_any(buffer: &SharedBuffer, offset: usize, src: &[u8]) -> Result<usize, AccessError> {
    buffer.try_write_at(offset, src)
}

fn main() {
    let mut bytes = [7; 64];
    // SAFETY: nothing else touches `bytes` while the buffer lives.
    let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    let offset = black_box(16);
    let (mut one, mut two, mut four) = ([0; 1], [0; 2], [0; 4]);
    let (mut eight, mut sixteen, mut any) = ([0; 8], [0; 16], [0; 40]);
    let (mut long, mut word) = (0, 0);
    let read = [
        probe_get_8(&buffer, offset, &mut long) && probe_set_8(&buffer, offset, long),
        probe_get_be_4(&buffer, offset, &mut word) && probe_set_be_4(&buffer, offset, word),
        probe_read_1(&buffer, offset, &mut one) && probe_write_1(&buffer, offset, &one),
        probe_read_2(&buffer, offset, &mut two) && probe_write_2(&buffer, offset, &two),
        probe_read_4(&buffer, offset, &mut four) && probe_write_4(&buffer, offset, &four),
        probe_read_8(&buffer, offset, &mut eight) && probe_write_8(&buffer, offset, &eight),
        probe_read_16(&buffer, offset, &mut sixteen) && probe_write_16(&buffer, offset, &sixteen),
        probe_read_any(&buffer, offset, &mut any) == probe_write_any(&buffer, offset, &any),
    ];
    assert!(read.into_iter().all(|ok| ok) && any == [7; 40]);
}
