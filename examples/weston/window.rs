// SPDX-License-Identifier: MIT OR Apache-2.0
//! A window that shows what is in the pool.
//!
//! ```text
//!   pool ──(its descriptor)──► wl_shm ─► wl_shm_pool ─► two wl_buffers
//!                                                           │ attach, damage, commit
//!   wl_compositor ─► wl_surface ◄───────────────────────────┘
//!   xdg_wm_base ───► xdg_surface ─► xdg_toplevel      (that the surface is a window)
//! ```

use core::error::Error;
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use real_programs::picture::{HEIGHT, WIDTH};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wayland_client::globals::{BindError, GlobalList, GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::WlRegistry;
use wayland_client::protocol::wl_shm::{Format, WlShm};
use wayland_client::protocol::{
    wl_buffer::WlBuffer, wl_callback, wl_compositor::WlCompositor, wl_shm_pool::WlShmPool,
    wl_surface::WlSurface,
};
use wayland_client::{Connection, Dispatch, EventQueue, Proxy, QueueHandle, delegate_noop};
use wayland_protocols::xdg::shell::client::{
    xdg_surface, xdg_surface::XdgSurface, xdg_toplevel, xdg_toplevel::XdgToplevel, xdg_wm_base,
    xdg_wm_base::XdgWmBase,
};

use crate::pool::{PICTURE, PITCH, Pool, SLOTS};

/// How long the compositor may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the compositor said so far.
#[derive(Debug, Default)]
struct Said {
    configured: bool,
    shown: bool,
    closed: bool,
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There is something to read from the input.
    Input,
    /// The compositor asks to close the window.
    Closed,
}

/// A window on the screen.
#[derive(Debug)]
pub(crate) struct Window {
    connection: Connection,
    queue: EventQueue<Said>,
    said: Said,
    surface: WlSurface,
    buffers: Vec<WlBuffer>,
}

impl Window {
    /// Makes a window, in which nothing is shown so far.
    pub(crate) fn open(pool: &Pool) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::connect_to_env()?;
        let (globals, queue) = registry_queue_init::<Said>(&connection)?;
        let handle = queue.handle();
        let surface = surface(&globals, &handle)?;
        let buffers = buffers(&globals, &handle, pool)?;
        let mut window = Self {
            connection,
            queue,
            said: Said::default(),
            surface,
            buffers,
        };
        window.wait_until(|said| said.configured)?;
        Ok(window)
    }

    /// Shows what is in a slot of the pool, and waits until it is on the screen.
    pub(crate) fn show(&mut self, slot: usize) -> Result<(), Box<dyn Error>> {
        let buffer = self.buffers.get(slot).ok_or("no such slot")?;
        self.said.shown = false;
        self.surface.attach(Some(buffer), 0, 0);
        self.surface.damage(0, 0, i32::MAX, i32::MAX);
        self.surface.frame(&self.queue.handle(), ());
        self.surface.commit();
        self.wait_until(|said| said.shown)
    }

    /// Serves the window until there is something to read from `input`.
    pub(crate) fn serve(&mut self, input: BorrowedFd<'_>) -> Result<Woken, Box<dyn Error>> {
        loop {
            if self.step(Some(input), None)? {
                return Ok(Woken::Input);
            }
            if self.said.closed {
                return Ok(Woken::Closed);
            }
        }
    }

    fn wait_until(&mut self, done: impl Fn(&Said) -> bool) -> Result<(), Box<dyn Error>> {
        let deadline = Instant::now() + PATIENCE;
        while !done(&self.said) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("no answer from the compositor in {PATIENCE:?}").into());
            }
            self.step(None, Some(left))?;
        }
        Ok(())
    }

    /// Sends what is to be sent, waits for events or `input`, handles the events. Says whether
    /// there is input.
    fn step(
        &mut self,
        input: Option<BorrowedFd<'_>>,
        patience: Option<Duration>,
    ) -> Result<bool, Box<dyn Error>> {
        self.step_or_error(input, patience).map_err(|error| {
            match self.connection.protocol_error() {
                Some(error) => format!(
                    "the compositor ended the connection: {}, error {}: {}",
                    error.object_interface.escape_debug(),
                    error.code,
                    error.message.escape_debug(),
                )
                .into(),
                None => error,
            }
        })
    }

    fn step_or_error(
        &mut self,
        input: Option<BorrowedFd<'_>>,
        patience: Option<Duration>,
    ) -> Result<bool, Box<dyn Error>> {
        self.queue.dispatch_pending(&mut self.said)?;
        self.queue.flush()?;
        let Some(events) = self.queue.prepare_read() else {
            return Ok(false);
        };
        let patience = patience.map(Timespec::try_from).transpose()?;
        let socket = events.connection_fd();
        let mut watched = vec![PollFd::from_borrowed_fd(socket, PollFlags::IN)];
        watched.extend(input.map(|input| PollFd::from_borrowed_fd(input, PollFlags::IN)));
        rustix::io::retry_on_intr(|| poll(&mut watched, patience.as_ref()))?;
        let mut ready = watched.iter().map(|fd| !fd.revents().is_empty());
        let (answered, input) = (ready.next(), ready.next());
        if answered == Some(true) {
            events.read()?;
            self.queue.dispatch_pending(&mut self.said)?;
        }
        Ok(input == Some(true))
    }
}

/// A surface that is a window of the desktop.
fn surface(globals: &GlobalList, handle: &QueueHandle<Said>) -> Result<WlSurface, BindError> {
    let compositor: WlCompositor = globals.bind(handle, 1..=4, ())?;
    let shell: XdgWmBase = globals.bind(handle, 1..=1, ())?;
    let surface = compositor.create_surface(handle, ());
    let window = shell.get_xdg_surface(&surface, handle, ());
    let window = window.get_toplevel(handle, ());
    window.set_title("a picture in a VMO".to_owned());
    surface.commit();
    Ok(surface)
}

/// A buffer for each slot of the pool: what the compositor maps and reads.
fn buffers(
    globals: &GlobalList,
    handle: &QueueHandle<Said>,
    pool: &Pool,
) -> Result<Vec<WlBuffer>, Box<dyn Error>> {
    let shm: WlShm = globals.bind(handle, 1..=1, ())?;
    let size = i32::try_from(PICTURE * SLOTS)?;
    let pool = shm.create_pool(pool.as_fd(), size, handle, ());
    let (width, height) = (i32::try_from(WIDTH)?, i32::try_from(HEIGHT)?);
    let pitch = i32::try_from(PITCH)?;
    let buffer = |slot: usize| {
        let offset = i32::try_from(PICTURE * slot)?;
        let format = Format::Xrgb8888;
        Ok(pool.create_buffer(offset, width, height, pitch, format, handle, ()))
    };
    (0..SLOTS).map(buffer).collect()
}

impl Dispatch<wl_callback::WlCallback, ()> for Said {
    fn event(
        said: &mut Self,
        _: &wl_callback::WlCallback,
        _: wl_callback::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        said.shown = true;
    }
}

impl Dispatch<XdgWmBase, ()> for Said {
    fn event(
        _: &mut Self,
        shell: &XdgWmBase,
        event: xdg_wm_base::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_wm_base::Event::Ping { serial } = event {
            shell.pong(serial);
        }
    }
}

impl Dispatch<XdgSurface, ()> for Said {
    fn event(
        said: &mut Self,
        window: &XdgSurface,
        event: xdg_surface::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_surface::Event::Configure { serial } = event {
            window.ack_configure(serial);
            said.configured = true;
        }
    }
}

impl Dispatch<XdgToplevel, ()> for Said {
    fn event(
        said: &mut Self,
        _: &XdgToplevel,
        event: xdg_toplevel::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        said.closed |= matches!(event, xdg_toplevel::Event::Close);
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Said {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: <WlRegistry as Proxy>::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Said: WlCompositor);
delegate_noop!(Said: WlShmPool);
delegate_noop!(Said: ignore WlShm);
delegate_noop!(Said: ignore WlBuffer);
delegate_noop!(Said: ignore WlSurface);
