// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Candidate`]: somebody who is measured.

use std::fmt;

use crate::Failure;
use crate::drive::{Work, drive};
use crate::link::{Link, Shape, Side};

/// What both processes have of a candidate when they part: each takes its side of it.
pub type Opened = Box<dyn FnOnce(Side) -> Result<Box<dyn Work>, Failure>>;

/// Makes what both will have.
type Open = Box<dyn Fn(&Shape) -> Result<Opened, Failure>>;

/// Somebody who is measured.
pub struct Candidate {
    name: String,
    open: Open,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Candidate {
    /// One that `open` makes ready before the fork; what that gives makes either end after it.
    pub fn new<Enter, L>(
        name: &str,
        open: impl Fn(&Shape) -> Result<Enter, Failure> + 'static,
    ) -> Self
    where
        Enter: FnOnce(Side) -> Result<L, Failure> + 'static,
        L: Link + 'static,
    {
        let open = move |shape: &Shape| {
            let (shape, enter) = (*shape, open(shape)?);
            let opened: Opened = Box::new(move |side| Ok(drive(enter(side)?, &shape)));
            Ok(opened)
        };
        Self::with_work(name, open)
    }

    /// One with loops of its own.
    pub fn with_work(
        name: &str,
        open: impl Fn(&Shape) -> Result<Opened, Failure> + 'static,
    ) -> Self {
        let (name, open) = (name.to_owned(), Box::new(open));
        Self { name, open }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes what both processes will have.
    ///
    /// # Errors
    ///
    /// If it can't do what is asked.
    pub fn open(&self, shape: &Shape) -> Result<Opened, Failure> {
        (self.open)(shape)
    }
}
