// SPDX-License-Identifier: MIT OR Apache-2.0
//! What trusts a pointer is `unsafe`.
use mapped_vmo::{Access, SharedBuffer, SharedBufferSlice};
use zx::{VmarFlags, vmar_root_self};

unsafe fn release(_: *mut u8, _: usize) {}

// refused:
fn made(ptr: *mut u8) {
    let _ = SharedBuffer::new(ptr, 4); //~ E0133
    let _ = SharedBuffer::with_access(ptr, 4, Access::READ); //~ E0133
    let _ = SharedBuffer::with_release(ptr, 4, Access::READ, release); //~ E0133
}

fn lent(view: SharedBufferSlice<'_>, buffer: &SharedBuffer) {
    let _ = view.as_shared_ptr(); //~ E0133
    let _ = buffer.as_shared_mut_ptr(); //~ E0133
}

fn unmapped(addr: usize) {
    let _ = vmar_root_self().unmap(addr, 4096); //~ E0133
    let _ = vmar_root_self().protect(addr, 4096, VmarFlags::PERM_READ); //~ E0133
    let _ = vmar_root_self().dont_fork(addr, 4096); //~ E0133
}

fn crossed(src: *const u8, dst: *mut u8) {
    shared_buffer::border::from_shared(src, dst, 4); //~ E0133
    shared_buffer::border::to_shared(src, dst, 4); //~ E0133
}

// accepted:
fn made(ptr: *mut u8) {
    // SAFETY: where nothing is accessed, nothing has to be there.
    let _ = unsafe { SharedBuffer::new(ptr, 0) };
    // SAFETY: as above.
    let _ = unsafe { SharedBuffer::with_access(ptr, 0, Access::READ) };
    // SAFETY: as above, and `release` does nothing.
    let _ = unsafe { SharedBuffer::with_release(ptr, 0, Access::READ, release) };
}

fn lent(view: SharedBufferSlice<'_>, buffer: &SharedBuffer) {
    // SAFETY: the address is not used.
    let _ = unsafe { view.as_shared_ptr() };
    // SAFETY: as above.
    let _ = unsafe { buffer.as_shared_mut_ptr() };
}

fn asked() {
    let _ = vmar_root_self().info();
}

fn crossed(src: *const u8, dst: *mut u8) {
    // SAFETY: no byte is copied.
    unsafe { shared_buffer::border::from_shared(src, dst, 0) };
    // SAFETY: as above.
    unsafe { shared_buffer::border::to_shared(src, dst, 0) };
}
