// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view does not outlive its writer, and two writable ones do not overlap.
use mapped_vmo::WriterMapping;

// refused:
fn view(writer: WriterMapping) {
    let view = writer.slice(..);
    drop(writer); //~ E0505
    view.read(&mut [0; 4]);
}

fn writable(mut writer: WriterMapping) {
    let view = writer.slice_mut(..);
    drop(writer); //~ E0505
    view.write(b"no");
}

fn halves(mut writer: WriterMapping) {
    let (left, _) = writer.split_at_mut(8);
    drop(writer); //~ E0505
    left.write(b"no");
}

fn both(writer: &mut WriterMapping) {
    let left = writer.slice_mut(..8);
    let right = writer.slice_mut(8..); //~ E0499
    left.write(b"no");
    right.write(b"no");
}

// accepted:
fn view(writer: WriterMapping) {
    let view = writer.slice(..);
    view.read(&mut [0; 4]);
    drop(writer);
}

fn writable(mut writer: WriterMapping) {
    let view = writer.slice_mut(..);
    view.write(b"ok");
    drop(writer);
}

fn halves(mut writer: WriterMapping) {
    let (left, _) = writer.split_at_mut(8);
    left.write(b"ok");
    drop(writer);
}

fn both(writer: &mut WriterMapping) {
    let (left, right) = writer.split_at_mut(8);
    left.write(b"ok");
    right.write(b"ok");
}
