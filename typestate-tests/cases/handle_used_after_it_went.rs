// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VMO is not used after its handle was taken, replaced or given away.
use std::os::fd::OwnedFd;

use zx::{AdoptError, AdoptPolicy, HandleBased, Rights, Vmo};

// refused:
fn taken(vmo: Vmo) {
    let _ = vmo.into_handle();
    let _ = vmo.get_size(); //~ E0382
}

fn replaced(vmo: Vmo) {
    let _ = vmo.replace_handle(Rights::READ);
    let _ = vmo.get_size(); //~ E0382
}

fn given_away(vmo: Vmo) {
    let _ = OwnedFd::from(vmo);
    let _ = vmo.get_size(); //~ E0382
}

fn published(vmo: Vmo) {
    let _ = vmo.publish();
    let _ = vmo.get_size(); //~ E0382
}

fn adopted(fd: OwnedFd) -> Result<Vmo, AdoptError> {
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Strict)?;
    drop(fd); //~ E0382
    Ok(vmo)
}

// accepted:
fn taken(vmo: Vmo) {
    let _ = vmo.get_size();
    let _ = vmo.into_handle();
}

fn replaced(vmo: Vmo) {
    let vmo = vmo.replace_handle(Rights::READ);
    let _ = vmo.and_then(|vmo| vmo.get_size());
}

fn given_away(vmo: Vmo) {
    let _ = vmo.get_size();
    let _ = OwnedFd::from(vmo);
}

fn published(vmo: Vmo) {
    let _ = vmo.publish().and_then(|vmo| vmo.get_size());
}

fn adopted(fd: OwnedFd) -> Result<Vmo, AdoptError> {
    Vmo::from_fd(fd, AdoptPolicy::Strict)
}
