// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo seal`: what nobody can do to an object any more; and more of that.

use core::str::FromStr;
use std::io::{Write, stdout};

use clap::Args;
use rustix::fs::{SealFlags, fcntl_add_seals};
use rustix::io::Errno;
use serde_json::json;
use vmo_census::{Access, Census, Id, Kinds, Seals, escape};

use crate::Failure;
use crate::cli::Output;
use crate::object::{ObjectArg, Open};
use crate::style::{Format, Style};

/// What `vmo seal --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo seal 812:12                 which seals it has, and what they forbid
  vmo seal 812:12 shrink,grow     its size stays as it is from now on
  vmo seal 4711 write,seal        and nobody changes its bytes any more

Seals: shrink, grow, write, future-write, seal, exec. No seal is ever taken back, and each \
holds for everybody. Either all that are asked for are added, or none.";

/// Arguments of `vmo seal`.
#[derive(Debug, Args)]
pub(crate) struct SealArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// What to add: shrink,grow,write,future-write,seal,exec
    #[arg(value_name = "SEALS")]
    add: Option<Wanted>,
    #[command(flatten)]
    output: Output,
}

/// Seals, as words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted(Seals);

/// Each seal with its word, what it forbids, and what goes on without it.
const SEALS: [(Seals, &str, &str, &str); 6] = [
    (
        Seals::SHRINK,
        "shrink",
        "nobody makes it smaller: no access within its size faults",
        "anybody who can write to it may truncate it: whoever maps it dies of SIGBUS",
    ),
    (
        Seals::GROW,
        "grow",
        "nobody makes it larger",
        "anybody who can write to it may make it larger",
    ),
    (
        Seals::WRITE,
        "write",
        "nobody changes its bytes",
        "its bytes may change at any moment",
    ),
    (
        Seals::FUTURE_WRITE,
        "future-write",
        "only who has it mapped writable already changes its bytes",
        "anybody who can open it for writing may begin to",
    ),
    (
        Seals::SEAL,
        "seal",
        "nobody adds a seal",
        "anybody who can write to it may add a seal",
    ),
    (
        Seals::EXEC,
        "exec",
        "nobody changes whether it can be executed",
        "its owner may make it executable",
    ),
];

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Seals::NONE;
        for word in text.split([',', ' ']).filter(|it| !it.is_empty()) {
            let row = SEALS.iter().find(|row| row.1 == word);
            let row = row.ok_or_else(|| {
                format!(
                    "there is no seal {word:?}: write shrink, grow, write, future-write, seal or \
                     exec, with commas between"
                )
            })?;
            all = all | row.0;
        }
        match all == Seals::NONE {
            true => Err("write which seals to add, such as shrink,grow".to_owned()),
            false => Ok(Self(all)),
        }
    }
}

/// Adds seals if some are given, and shows what is there.
pub(crate) fn seal(args: &SealArgs) -> Result<bool, Failure> {
    let mut object = match args.add {
        None => args.object.open(Access::Read)?,
        Some(Wanted(seals)) => {
            let object = args.object.open(Access::ReadWrite)?;
            add(&object, seals)?;
            object
        }
    };
    if args.add.is_some() {
        object = Open::of(object.fd, object.called)?;
    }
    let text = match args.output.format() {
        Format::Json => format!(
            "{}\n",
            json!({
                "schema": 1,
                "id": object.id.to_string(),
                "name": object.name,
                "size": object.size,
                "seals": object.seals.words().collect::<Vec<_>>(),
            })
        ),
        Format::Text if args.add.is_some() => format!("{}: {}\n", object.id, object.seals),
        Format::Text => in_words(&object),
    };
    stdout().lock().write_all(text.as_bytes())?;
    Ok(true)
}

fn in_words(object: &Open) -> String {
    let style = Style::of_stdout();
    let mut text = format!("{} \"{}\": {}\n", object.id, object.name, object.seals);
    for (seal, word, forbids, without) in SEALS {
        let has = object.seals.contains(seal);
        let line = match (has, seal) {
            (true, _) => format!("{} {word:<12}  {forbids}", style.green("sealed")),
            (false, Seals::FUTURE_WRITE) if object.seals.contains(Seals::WRITE) => continue,
            (false, _) => format!("{} {word:<12}  {without}", style.yellow("open  ")),
        };
        text.push_str("  ");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn add(object: &Open, seals: Seals) -> Result<(), Failure> {
    let called = &object.called;
    let flags = SealFlags::from_bits_retain(seals.bits());
    let message = match fcntl_add_seals(&object.fd, flags) {
        Ok(()) => return Ok(()),
        // Those that it has already are no error, whatever else is sealed.
        Err(Errno::PERM) if object.seals.contains(seals) => return Ok(()),
        Err(Errno::PERM) if object.seals.contains(Seals::SEAL) => format!(
            "{called}: it is sealed against sealing, and has {}: nothing can be added; vmo copy \
             --seal makes a copy that nobody changes",
            object.seals
        ),
        Err(Errno::PERM) => format!("{called}: only who may write to it may seal it"),
        Err(Errno::BUSY) => format!(
            "{called}: it can't be sealed against writing while {}: end them, or add \
             future-write, which leaves them their mapping",
            who_maps(object.id)
        ),
        Err(Errno::INVAL) => format!(
            "{called}: this kernel, or this kind of memory, does not know one of these seals"
        ),
        Err(error) => format!("{called}: {error}"),
    };
    Err(message.into())
}

/// Who may write to it through a mapping, by a census.
fn who_maps(id: Id) -> String {
    let Ok(census) = Census::take(Kinds::All) else {
        return "somebody has it mapped writable".to_owned();
    };
    let objects = census.objects.iter().filter(|it| it.id == id);
    let holders = objects.flat_map(|it| &it.holders);
    // A mapping that is not writable now may be one that can become so.
    let sharing = holders.filter(|it| it.maps.iter().any(|map| map.perms.shared));
    let names = sharing.map(|holder| {
        let at = census
            .processes
            .binary_search_by_key(&holder.pid, |it| it.pid);
        let process = at.ok().and_then(|at| census.processes.get(at));
        let name = process.map_or_else(|| "?".to_owned(), |it| escape(&it.name));
        let writes = holder.maps.iter().any(|it| it.perms.write);
        let how = if writes { "rw" } else { "r" };
        format!("{name}:{} ({how})", holder.pid)
    });
    let names: Vec<String> = names.take(8).collect();
    match names.is_empty() {
        true => "somebody whom you may not look at has it mapped, or its pages are in use by a \
                 device"
            .to_owned(),
        false => format!("it is mapped by {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_words_is_a_set_of_seals() {
        let seals = |text: &str| text.parse::<Wanted>().map(|it| it.0);
        assert_eq!(seals("shrink,grow"), Ok(Seals::SHRINK | Seals::GROW));
        assert_eq!(
            seals("future-write, seal"),
            Ok(Seals::FUTURE_WRITE | Seals::SEAL)
        );
        assert_eq!(seals("exec"), Ok(Seals::EXEC));
        for wrong in ["", ",", "writes", "shrink+grow", "\x1b[1m", "0x7"] {
            let said = seals(wrong).unwrap_err();
            assert!(said.contains("shrink") && !said.contains('\x1b'), "{said}");
        }
    }
}
