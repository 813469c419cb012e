// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the types refuse: programs that must not compile, each beside one that must.
//!
//! Much of what this library promises is a promise that some program can't be written: no
//! `&[u8]` into shared memory, no view that outlives its mapping, no write where nothing may
//! be written. No test that runs can show that. So `cases/` holds such programs:
//!
//! ```text
//! //! A view does not outlive its mapping.        the claim
//! use mapped_vmo::Mapping;                         for both
//!
//! // refused:
//! fn outlives(mapping: Mapping) {
//!     let view = mapping.slice(..);
//!     drop(mapping); //~ E0505                     the error, and its line
//!     view.read(&mut [0; 4]);
//! }
//!
//! // accepted:
//! fn ends_before(mapping: Mapping) {
//!     mapping.slice(..).read(&mut [0; 4]);
//!     drop(mapping);
//! }
//! ```
//!
//! The upper part must fail with exactly the errors that it is marked with: their codes at
//! their lines, and no other. The lower part, its twin, must compile, so that no slip of the
//! pen can be what fails above. An error without a code is marked with the start of its text:
//! `//~ lifetime may not live long enough`. After a code and a colon comes a part of the text,
//! where the code alone says too little: ``//~ E0004: `_` not covered``. A marker that starts
//! with `//~^` speaks of the line above.
//!
//! Codes and lines are compared, and not what the compiler prints, because that changes from
//! release to release. Nothing is written beside the sources: the programs are compiled in a
//! package of their own, in Cargo's place for the temporary files of tests.
//!
//! | file | what |
//! |---|---|
//! | [`case`] | reads a case |
//! | [`project`] | writes the package and has it compiled |
//! | [`errors`] | what the compiler said, and how it differs from what was expected |
#![forbid(unsafe_code)]

pub mod case;
pub mod errors;
pub mod project;
