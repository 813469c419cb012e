// SPDX-License-Identifier: MIT OR Apache-2.0
//! A census for machines.

use serde_json::{Value, json};
use vmo_census::{Holder, Object, Process, escape};

use super::View;

/// All of it, on one line.
pub(super) fn object(view: &View) -> String {
    let processes = &view.census.processes;
    let objects = view.census.objects.iter().map(|it| one(it, processes));
    let value = json!({
        "schema": 1,
        "objects": objects.collect::<Vec<_>>(),
        "processes": processes.len(),
        "unseen": view.unseen(),
    });
    value.to_string()
}

fn one(object: &Object, processes: &[Process]) -> Value {
    let holders = object.holders.iter().map(|it| holder(it, processes));
    json!({
        "id": object.id.to_string(),
        "dev": object.id.dev,
        "ino": object.id.ino,
        "kind": object.kind.to_string(),
        "name": escape(&object.name),
        "size": object.size,
        "at_least": object.at_least,
        "committed": object.committed,
        "seals": object.seals.map(|it| it.words().collect::<Vec<_>>()),
        "owner": object.owner,
        "mode": object.mode,
        "sharers": object.holders.len(),
        "holders": holders.collect::<Vec<_>>(),
    })
}

/// Who has an object, by what.
pub(crate) fn holder(holder: &Holder, processes: &[Process]) -> Value {
    let at = processes.binary_search_by_key(&holder.pid, |it| it.pid);
    let process = at.ok().and_then(|at| processes.get(at));
    let fds = holder.fds.iter();
    let fds = fds.map(|it| json!({ "fd": it.fd, "access": it.access.to_string() }));
    let maps = holder.maps.iter().map(|it| {
        json!({
            "addr": it.addr,
            "len": it.len,
            "offset": it.offset,
            "perms": it.perms.to_string(),
        })
    });
    json!({
        "pid": holder.pid,
        "process": process.map(|it| escape(&it.name)),
        "fds": fds.collect::<Vec<_>>(),
        "maps": maps.collect::<Vec<_>>(),
    })
}
