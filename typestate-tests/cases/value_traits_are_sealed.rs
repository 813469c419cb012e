// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nobody else says that a type is a `Value` or an `AtomicInt`.
use mapped_vmo::AtomicInt;
use shared_buffer::Value;

// refused:
#[derive(Clone, Copy)]
struct Flag(bool);

impl Value for Flag {} //~ E0277

impl AtomicInt for Flag {} //~ E0277

// accepted:
fn are_values<T: Value, A: AtomicInt>() {}

fn numbers() {
    are_values::<[u16; 3], u32>();
}
