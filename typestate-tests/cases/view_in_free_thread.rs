// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view or an atomic goes to another thread only for as long as its mapping lives.
use std::sync::atomic::Ordering;
use std::thread;

use mapped_vmo::Mapping;

// refused:
fn view(mapping: Mapping) {
    let view = mapping.slice(..); //~ E0597
    thread::spawn(move || view.read(&mut [0; 4]));
}

fn atomic(mapping: Mapping) {
    let word = mapping.atomic::<u32>(0).unwrap(); //~ E0597
    thread::spawn(move || word.load(Ordering::Acquire));
}

// accepted:
fn view(mapping: Mapping) {
    let view = mapping.slice(..);
    thread::scope(|scope| {
        scope.spawn(move || view.read(&mut [0; 4]));
    });
}

fn atomic(mapping: Mapping) {
    let word = mapping.atomic::<u32>(0).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || word.load(Ordering::Acquire));
    });
}

fn mapping(mapping: Mapping) {
    thread::spawn(move || mapping.read(&mut [0; 4]));
}
