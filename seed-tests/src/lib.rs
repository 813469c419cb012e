// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing but a place for `tests/`: source in the style of the seed's era, with the `use`
//! lines it had there, compiled against this project.
//!
//! | file | what it stands for |
//! |---|---|
//! | `mapping.rs` | the mapping's own tests |
//! | `inspect.rs` | a heap of small blocks that a reader watches through the VMO |
//! | `display.rs` | a screen that is drawn row by row |
//! | `handles.rs` | handles, rights, the root VMAR, statuses |
#![forbid(unsafe_code)]
