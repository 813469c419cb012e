// SPDX-License-Identifier: MIT OR Apache-2.0
//! That any bytes are a value of a type is an `unsafe` thing to say.
use zx::FromBytes;

// refused:
#[derive(Clone, Copy)]
struct Flag(bool);

impl FromBytes for Flag {} //~ E0200

// accepted:
#[derive(Clone, Copy)]
struct Count(u32);

// SAFETY: any four bytes are a number.
unsafe impl FromBytes for Count {}
