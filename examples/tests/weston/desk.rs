// SPDX-License-Identifier: MIT OR Apache-2.0
//! A weston of our own without a screen, and what would be on it.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::fs::{self, DirBuilder, File};
use std::io::BufReader;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{panicking, sleep};
use std::time::Instant;

use real_programs::picture::{HEIGHT, Pixel, WIDTH};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// How long anything may take, on a machine that has much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const SOCKET: &str = "wayland-vmo";

/// Nothing moves by itself, and nothing is in front of a window.
const SETTINGS: &str = "[core]\nidle-time=0\n\
    [shell]\nstartup-animation=none\nlocking=false\npanel-position=none\n";

/// Waits until there is something.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// A program that does not outlive the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Waits for its end; says whether it was content.
    pub(crate) fn end(&mut self) -> bool {
        until("the end of a program", || self.0.try_wait().unwrap()).success()
    }

    /// Stops it, wherever it is.
    pub(crate) fn stop(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
        let options = WaitOptions::UNTRACED | WaitOptions::NOHANG;
        until("that a program stops", || {
            let (_, status) = waitpid(Some(self.pid()), options).unwrap()?;
            assert!(status.stopped(), "{status:?}");
            Some(())
        });
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A desktop, whose folder only we can enter.
pub(crate) struct Desk {
    weston: Running,
    folder: PathBuf,
    shots: u32,
}

impl Desk {
    /// Starts weston; `None` if it is not installed.
    pub(crate) fn open() -> Option<Self> {
        for program in ["weston", "weston-screenshooter", "weston-simple-shm"] {
            real_programs::find(program, "weston", "weston")?;
        }
        let folder = private_folder();
        fs::write(folder.join("weston.ini"), SETTINGS).unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let mut command = Command::new("weston");
        command
            .args(["--backend=headless-backend.so", "--use-pixman", "--debug"])
            .args(["--width=640", "--height=400"])
            .arg(format!("--socket={SOCKET}"))
            .arg(format!("--config={}", folder.join("weston.ini").display()))
            .env("XDG_RUNTIME_DIR", &folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let weston = Running(command.spawn().unwrap());
        let mut desk = Self {
            weston,
            folder,
            shots: 0,
        };
        until("the socket of weston", || {
            assert!(desk.weston.lives(), "weston did not start");
            desk.folder.join(SOCKET).exists().then_some(())
        });
        Some(desk)
    }

    /// A program that will find this weston.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_remove("WAYLAND_SOCKET")
            .env("WAYLAND_DISPLAY", SOCKET)
            .env("XDG_RUNTIME_DIR", &self.folder);
        command
    }

    pub(crate) fn pid(&self) -> Pid {
        self.weston.pid()
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.weston.lives()
    }

    /// Whether weston still runs, as far as can be told without a panic.
    fn runs(&mut self) -> bool {
        matches!(self.weston.0.try_wait(), Ok(None))
    }

    /// Weston does nothing until it may go on.
    pub(crate) fn pause(&self) {
        self.weston.stop();
    }

    pub(crate) fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// What would be on the screen now.
    pub(crate) fn screenshot(&mut self) -> Image {
        self.shots += 1;
        let folder = self.folder.join(format!("shot-{}", self.shots));
        fs::create_dir(&folder).unwrap();
        let mut command = self.command("weston-screenshooter");
        let taken = command.current_dir(&folder).stdin(Stdio::null()).spawn();
        assert!(
            Running(taken.unwrap()).end(),
            "weston-screenshooter gave up"
        );
        let mut files = fs::read_dir(folder).unwrap();
        Image::load(&files.next().unwrap().unwrap().path())
    }
}

impl Drop for Desk {
    /// Asks weston to end, so that it ends what it started.
    fn drop(&mut self) {
        let start = Instant::now();
        if self.runs() {
            let _ = kill_process(self.pid(), Signal::TERM);
            let _ = kill_process(self.pid(), Signal::CONT);
        }
        while self.runs() && start.elapsed() < PATIENCE {
            sleep(Duration::from_millis(10));
        }
        if panicking() {
            let log = fs::read(self.folder.join("log")).unwrap_or_default();
            for line in String::from_utf8_lossy(&log).lines() {
                eprintln!("{}", line.escape_debug());
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn private_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("vmo-weston-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    DirBuilder::new().mode(0o700).create(&folder).unwrap();
    folder
}

/// A picture of the screen.
pub(crate) struct Image {
    pub(crate) width: usize,
    pub(crate) pixels: Vec<Pixel>,
}

impl Image {
    fn load(path: &Path) -> Self {
        let mut decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = info.color_type.samples();
        assert!(samples >= 3, "{:?}", info.color_type);
        let pixels = bytes.chunks_exact(samples);
        Self {
            width: usize::try_from(info.width).unwrap(),
            pixels: pixels.map(|bytes| [bytes[0], bytes[1], bytes[2]]).collect(),
        }
    }

    /// The part of a row.
    fn row(&self, x: usize, y: usize, len: usize) -> &[Pixel] {
        let start = y * self.width + x;
        &self.pixels[start..start + len]
    }

    /// Where an image of `width` pixels a row is in this one, to the pixel.
    pub(crate) fn find(&self, part: &[Pixel], width: usize) -> Option<(usize, usize)> {
        let last = (self.pixels.len() / self.width).checked_sub(part.len() / width)?;
        let same = |x: usize, y: usize| {
            let mut rows = part.chunks_exact(width).zip(y..);
            rows.all(|(row, y)| self.row(x, y, width) == row)
        };
        let places = (0..=last).flat_map(|y| (0..=self.width - width).map(move |x| (x, y)));
        places.into_iter().find(|&(x, y)| same(x, y))
    }

    /// Where the window is in which `picture` was drawn: where the first row of it is. Panics
    /// if any of its pixels is another one there.
    pub(crate) fn shows(&self, picture: &[Pixel]) -> (usize, usize) {
        let frame = self.find(&picture[..WIDTH], WIDTH);
        let (x, y) = frame.expect("the upper edge of the picture is nowhere on the screen");
        for (row, drawn) in picture.chunks_exact(WIDTH).enumerate() {
            let shown = self.row(x, y + row, WIDTH);
            let wrong = drawn
                .iter()
                .zip(shown)
                .position(|(drawn, shown)| drawn != shown);
            if let Some(column) = wrong {
                let (drawn, shown) = (drawn[column], shown[column]);
                panic!("at {column}, {row}: {drawn:?} was drawn, and {shown:?} is shown");
            }
        }
        assert_eq!(picture.len(), WIDTH * HEIGHT);
        (x, y)
    }
}
