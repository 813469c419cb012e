// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is new, has grown or is gone since the last look.

use std::collections::HashMap;

use vmo_census::{Id, Kind, Object, Process};

use super::View;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    New,
    Grown,
    Gone,
}

/// What became of objects between two looks.
#[derive(Debug, Default)]
pub(super) struct Changes {
    of: HashMap<(Id, Kind), Change>,
    /// Those that are gone, as they were.
    pub(super) gone: Vec<Object>,
    /// Their holders, who may be gone too.
    pub(super) before: Vec<Process>,
}

impl Changes {
    /// Those between one look and the next.
    pub(super) fn between(before: &View, now: &View) -> Self {
        let mut old: HashMap<_, _> = before
            .census
            .objects
            .iter()
            .map(|it| (key(it), it))
            .collect();
        let mut of = HashMap::new();
        for object in &now.census.objects {
            let change = match old.remove(&key(object)) {
                None => Some(Change::New),
                Some(old) if has_grown(old, object) => Some(Change::Grown),
                Some(_) => None,
            };
            of.extend(change.map(|change| (key(object), change)));
        }
        let mut gone: Vec<Object> = old.into_values().cloned().collect();
        gone.sort_by_key(key);
        of.extend(gone.iter().map(|it| (key(it), Change::Gone)));
        let before = before.census.processes.clone();
        Self { of, gone, before }
    }

    pub(super) fn of(&self, object: &Object) -> Option<Change> {
        self.of.get(&key(object)).copied()
    }
}

fn key(object: &Object) -> (Id, Kind) {
    (object.id, object.kind)
}

fn has_grown(old: &Object, new: &Object) -> bool {
    new.size > old.size || new.committed > old.committed
}
