// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who holds an object, in words: `weston:812 fd 12 map rw`.

use std::collections::BTreeMap;

use vmo_census::{Access, Holder, Kind, Object, Process, Sight, escape};

/// How many descriptors of one process are named.
const NAMED: usize = 4;

/// One piece of text for each holder.
pub(crate) fn who(object: &Object, processes: &[Process]) -> Vec<String> {
    let words = object.holders.iter().map(|holder| {
        let at = processes.binary_search_by_key(&holder.pid, |it| it.pid);
        let process = at.ok().and_then(|at| processes.get(at));
        one(holder, process, object.kind)
    });
    words.collect()
}

fn one(holder: &Holder, process: Option<&Process>, kind: Kind) -> String {
    let name = process.map_or_else(|| "?".to_owned(), |it| escape(&it.name));
    let mut text = format!("{name}:{}", holder.pid);
    if !holder.fds.is_empty() {
        text.push_str(&format!(" fd {}", fds(holder)));
    }
    if !holder.maps.is_empty() {
        text.push_str(&format!(" map {}", maps(holder)));
    }
    // Those never had any.
    let without = matches!(kind, Kind::Sysv | Kind::Anonymous);
    match process.map(|it| it.sight) {
        Some(Sight::NoFds) => text.push_str(" (fd ?)"),
        Some(Sight::NoMaps) => text.push_str(" (map ?)"),
        _ if holder.fds.is_empty() && !without => text.push_str(" (fd closed)"),
        _ => {}
    }
    text
}

fn fds(holder: &Holder) -> String {
    let named = holder.fds.iter().take(NAMED).map(|it| match it.access {
        Access::ReadWrite => it.fd.to_string(),
        access => format!("{} ({access})", it.fd),
    });
    let named: Vec<String> = named.collect();
    let text = named.join(",");
    match holder.fds.len().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text} +{more} more"),
    }
}

/// Each kind of mapping once: `rw x2,r`.
fn maps(holder: &Holder) -> String {
    let mut kinds = BTreeMap::<String, usize>::new();
    for map in &holder.maps {
        let count = kinds.entry(map.perms.to_string()).or_default();
        *count = count.saturating_add(1);
    }
    let words = kinds.iter().rev().map(|(perms, count)| match count {
        1 => perms.clone(),
        _ => format!("{perms} x{count}"),
    });
    words.collect::<Vec<_>>().join(",")
}
