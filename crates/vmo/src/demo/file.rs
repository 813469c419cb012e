// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo demo --file PATH`: a file of any size through one small VMO, hashed at both ends.
//!
//! ```text
//!   the file ─► hash ─► slot 0 │ slot 1 │ slot 2 │ slot 3 ─► copy ─► hash
//!                       └──────── one VMO, 1 MiB ────────┘
//!   "slot len" ───────────────────────────────────────────►
//!   ◄───────────────────────────────────────────── "taken"   the slot is free again
//! ```

use core::fmt::Write as _;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use mapped_vmo::zx::VmarFlags;
use mapped_vmo::{Mapping, SharedBuffer};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{allocate, inherited_vmo, say};
use crate::link::{Link, Peer};
use crate::look::SCHEMA;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::style::Format;
use crate::villain::Role;
use crate::{Failure, size};

const SLOTS: usize = 4;
const SLOT: usize = 256 << 10;

/// Streams a file through two processes. Whether both saw the same bytes.
pub(super) fn stream(path: &Path, format: Format) -> Result<bool, Failure> {
    let problem = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = File::open(path).map_err(problem)?;
    if file.metadata().map_err(problem)?.is_dir() {
        return Err(format!("{} is a directory: name a file", path.display()).into());
    }
    let total = file.metadata().map_err(problem)?.len();
    let (mapping, vmo) = allocate(SLOTS * SLOT, "vmo-demo-file")?;
    let mut peer = Peer::start(Role::Receiver, &vmo)?;
    let start = Instant::now();
    // What has no length, such as a device, says 0.
    let total = Some(total).filter(|total| *total > 0);
    let progress = Progress::new("streaming", total).unless_json(format);
    let mut done = 0_u64;
    let (sent, bytes) = send_all(&mut peer, &mapping, |chunk| {
        let got = fill(&mut file, chunk).map_err(problem)?;
        done = done.saturating_add(u64::try_from(got).unwrap_or(0));
        progress.at(done);
        Ok(got)
    })?;
    drop(progress);
    let received = peer.ask("end")?;
    let seconds = start.elapsed().as_secs_f64();
    let status = peer.finish()?;
    let ok = sent == received && status.success();
    report(
        path,
        format,
        &Report {
            sent,
            received,
            bytes,
            seconds,
            ok,
        },
    )?;
    Ok(ok)
}

/// What came of it.
struct Report {
    sent: String,
    received: String,
    bytes: u64,
    seconds: f64,
    ok: bool,
}

fn report(path: &Path, format: Format, report: &Report) -> Result<(), Failure> {
    let Report {
        sent,
        received,
        bytes,
        seconds,
        ok,
    } = report;
    if format == Format::Json {
        let path = path.display().to_string();
        return say(&json!({
            "schema": SCHEMA, "machine": Machine::this().facts(),
            "file": path, "bytes": bytes, "seconds": seconds, "ok": ok,
            "sha256_sent": sent, "sha256_received": received,
        })
        .to_string());
    }
    say(&format!("{sent}  sent"))?;
    say(&format!("{received}  received"))?;
    let rate = size::human((*bytes as f64 / seconds.max(1e-9)) as u64);
    let verdict = if *ok {
        "the same bytes"
    } else {
        "DIFFERENT BYTES"
    };
    say(&format!(
        "{verdict}: {} through a VMO of {}, {rate}/s",
        size::human(*bytes),
        size::human((SLOTS * SLOT) as u64),
    ))
}

/// Sends what `next` fills, until it fills nothing. Its SHA-256 and its length.
fn send_all(
    peer: &mut Peer,
    shared: &SharedBuffer,
    mut next: impl FnMut(&mut [u8]) -> Result<usize, Failure>,
) -> Result<(String, u64), Failure> {
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut chunk = vec![0; SLOT];
    let mut free: VecDeque<usize> = (0..SLOTS).collect();
    let mut taken: VecDeque<usize> = VecDeque::new();
    loop {
        let got = next(&mut chunk)?;
        if got == 0 {
            break;
        }
        let Some(slot) = free.pop_front() else {
            return Err("a slot was lost".into());
        };
        shared.write_all_at(slot * SLOT, &chunk[..got])?;
        shared.publish_writes();
        peer.send(&format!("{slot} {got}"))?;
        taken.push_back(slot);
        hash.update(&chunk[..got]);
        bytes += got as u64;
        if free.is_empty() {
            free.extend(acknowledge(peer, &mut taken)?);
        }
    }
    while !taken.is_empty() {
        acknowledge(peer, &mut taken)?;
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Waits until the oldest slot is free again.
fn acknowledge(peer: &mut Peer, taken: &mut VecDeque<usize>) -> Result<Option<usize>, Failure> {
    let answer = peer.answer()?;
    if answer != "taken" {
        return Err(format!("the other process said \"{}\"", answer.escape_debug()).into());
    }
    Ok(taken.pop_front())
}

/// Reads until `chunk` is full or the file ends.
fn fill(file: &mut File, chunk: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while let Some(rest) = chunk.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// The other process: copies out, frees the slot, hashes the copy.
pub(crate) fn receive() -> Result<(), Failure> {
    let vmo = inherited_vmo()?;
    let mapping = Mapping::create_from_vmo(&vmo, SLOTS * SLOT, VmarFlags::PERM_READ)?;
    let mut link = Link::inherited()?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; SLOT];
    while let Some(line) = link.receive()? {
        let Some((slot, len)) = line.split_once(' ') else {
            return link.send(&hex(&hash.finalize()));
        };
        let (slot, len): (usize, usize) = (slot.parse()?, len.parse()?);
        let copy = chunk.get_mut(..len).ok_or("a message longer than a slot")?;
        let offset = slot.checked_mul(SLOT).ok_or("a slot that does not exist")?;
        mapping.acquire_writes();
        mapping.read_exact_at(offset, copy)?;
        link.send("taken")?;
        hash.update(&copy);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
