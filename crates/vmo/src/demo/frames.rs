// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames: drawn by the peer into shared memory, copied out and checked here.
//!
//! ```text
//!   0        4        8        12       16       20             32
//!   │ magic  │ number │ width  │ height │ crc32  │ (unused)     │ pixels, 3 bytes each …
//! ```
//!
//! Everything in the header comes from a process that is not trusted: it is copied once,
//! compared with what is expected, and only the copy is used.

use core::fmt;
use core::ops::Range;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use mapped_vmo::SharedBuffer;

use crate::Failure;

const MAGIC: u32 = 0x4652_4d31;
const HEADER: usize = 32;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 400;
const PIXELS: usize = WIDTH as usize * HEIGHT as usize * 3;

/// How many pixels wide and high half a character of the preview is.
const CELL: usize = 10;

/// A frame that was checked, in private memory.
#[derive(Debug)]
pub(super) struct Frame {
    pixels: Vec<u8>,
    checksum: u32,
}

impl Frame {
    /// Copies a frame out and checks the copy.
    pub(super) fn take(shared: &SharedBuffer, number: u32) -> Result<Self, String> {
        let mut header = [0; HEADER];
        let copied = shared.read_exact_at(0, &mut header);
        copied.map_err(|error| error.to_string())?;
        let [magic, got, width, height, checksum] = core::array::from_fn(|i| word(&header, i));
        if (magic, got, width, height) != (MAGIC, number, WIDTH, HEIGHT) {
            return Err(format!(
                "the header is wrong: frame {got}, {width} x {height}"
            ));
        }
        let mut pixels = vec![0; PIXELS];
        let copied = shared.read_exact_at(HEADER, &mut pixels);
        copied.map_err(|error| error.to_string())?;
        if crc32fast::hash(&pixels) != checksum {
            return Err(format!(
                "the pixels do not match the checksum {checksum:08x}"
            ));
        }
        Ok(Self { pixels, checksum })
    }

    /// A byte far inside, if it can be read.
    pub(super) fn byte_at_end(shared: &SharedBuffer) -> Option<u8> {
        let mut byte = [0];
        let last = shared.len().checked_sub(1)?;
        shared.read_exact_at(last, &mut byte).ok().map(|()| byte[0])
    }

    /// Saves the frame as a PNG.
    pub(super) fn save(&self, path: &Path) -> Result<(), Failure> {
        let save = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(path)?);
            self.encode(&mut file)?;
            file.flush()
        };
        save().map_err(|error| {
            let path = path.display();
            format!("{path}: {error}; choose another place with --png PATH").into()
        })
    }

    fn encode(&self, out: &mut impl Write) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(out, WIDTH, HEIGHT);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()
    }

    /// The frame in half blocks, for a terminal that shows colours.
    pub(super) fn preview(&self, out: &mut impl Write) -> Result<(), Failure> {
        for y in (0..HEIGHT as usize).step_by(2 * CELL) {
            write!(out, "  ")?;
            for x in (0..WIDTH as usize).step_by(CELL) {
                let ([r, g, b], [s, h, c]) = (self.mean(x, y), self.mean(x, y + CELL));
                write!(out, "\x1b[38;2;{r};{g};{b}m\x1b[48;2;{s};{h};{c}m▀")?;
            }
            writeln!(out, "\x1b[0m")?;
        }
        Ok(())
    }

    /// The colour of a cell of the preview: the mean of its pixels.
    fn mean(&self, x: usize, y: usize) -> [u8; 3] {
        let mut sum = [0; 3];
        for row in y..y + CELL {
            let start = (row * WIDTH as usize + x) * 3;
            let pixels = self.pixels.get(start..start + CELL * 3);
            for pixel in pixels.unwrap_or_default().chunks_exact(3) {
                for (sum, part) in sum.iter_mut().zip(pixel) {
                    *sum += usize::from(*part);
                }
            }
        }
        sum.map(|sum| (sum / (CELL * CELL)) as u8)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checksum = self.checksum;
        write!(
            f,
            "{WIDTH} x {HEIGHT} pixels copied out, CRC {checksum:08x} matches"
        )
    }
}

/// The `i`th number of a header.
fn word(header: &[u8; HEADER], i: usize) -> u32 {
    let bytes = header
        .get(4 * i..4 * i + 4)
        .and_then(|bytes| bytes.try_into().ok());
    u32::from_le_bytes(bytes.unwrap_or_default())
}

/// Draws frame `number` into shared memory, header last.
pub(super) fn draw(shared: &SharedBuffer, number: u32) -> Result<(), Failure> {
    let pixels = mandelbrot(number)?;
    shared.write_all_at(HEADER, &pixels)?;
    let mut header = [0; HEADER];
    let words = [MAGIC, number, WIDTH, HEIGHT, crc32fast::hash(&pixels)];
    for (to, word) in header.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    Ok(shared.write_all_at(0, &header)?)
}

/// A view of the Mandelbrot set.
#[derive(Clone, Copy, Debug)]
struct View {
    /// From left to right.
    width: f64,
    /// After how many steps a point counts as one that stays.
    limit: u32,
    /// Points per pixel, in either direction.
    samples: u32,
}

/// The Mandelbrot set, eighty times closer with each frame. The last one is the picture: its
/// pixels are the mean of four points.
fn mandelbrot(number: u32) -> Result<Vec<u8>, Failure> {
    let (width, limit, samples) = match number {
        0 => (3.2, 250, 1),
        1 => (0.04, 600, 1),
        _ => (0.0005, 1200, 2),
    };
    let view = View {
        width,
        limit,
        samples,
    };
    let half = HEIGHT * samples / 2;
    let (upper, lower) = std::thread::scope(|scope| {
        let upper = scope.spawn(move || view.rows(0..half));
        let lower = view.rows(half..2 * half);
        (upper.join(), lower)
    });
    let mut pixels = upper.map_err(|_| "drawing failed")?;
    pixels.extend_from_slice(&lower);
    Ok(match samples {
        1 => pixels,
        _ => halved(&pixels),
    })
}

impl View {
    fn rows(self, rows: Range<u32>) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(PIXELS);
        for y in rows {
            let im = 0.131_825_904_205_33 + self.off_centre(y, HEIGHT);
            for x in 0..WIDTH * self.samples {
                let re = -0.743_643_887_037_151 + self.off_centre(x, WIDTH);
                pixels.extend_from_slice(&colour(escape(re, im, self.limit)));
            }
        }
        pixels
    }

    /// How far the middle of a point is from the centre, in the direction that has so many
    /// pixels.
    fn off_centre(self, at: u32, pixels: u32) -> f64 {
        let centre = f64::from(pixels * self.samples) / 2.0;
        (f64::from(at) + 0.5 - centre) / f64::from(WIDTH * self.samples) * self.width
    }
}

/// An image of twice the width and height, in ours.
fn halved(large: &[u8]) -> Vec<u8> {
    let row = WIDTH as usize * 6;
    let mut pixels = Vec::with_capacity(PIXELS);
    for rows in large.chunks_exact(2 * row) {
        let (upper, lower) = rows.split_at(row);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            let sum = |i: usize| [a[i], a[i + 3], b[i], b[i + 3]].map(u32::from).iter().sum();
            let mean: [u32; 3] = core::array::from_fn(sum);
            pixels.extend(mean.map(|sum| (sum / 4) as u8));
        }
    }
    pixels
}

/// How fast a point leaves, smoothly; `None` if it stays.
fn escape(re: f64, im: f64, limit: u32) -> Option<f64> {
    let (mut x, mut y) = (0.0f64, 0.0f64);
    for i in 0..limit {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > 64.0 {
            return Some(f64::from(i) - (xx + yy).log2().log2());
        }
        (x, y) = (xx - yy + re, 2.0 * x * y + im);
    }
    None
}

/// Night blue, white, amber and back.
fn colour(escaped: Option<f64>) -> [u8; 3] {
    const STOPS: [[f64; 3]; 5] = [
        [0.0, 7.0, 100.0],
        [32.0, 107.0, 203.0],
        [237.0, 255.0, 255.0],
        [255.0, 170.0, 0.0],
        [0.0, 2.0, 40.0],
    ];
    let Some(speed) = escaped else {
        return [0, 0, 0];
    };
    let place = (speed.max(0.0).sqrt() * 0.6) % 5.0;
    let stop = place as usize % 5;
    let part = place.fract();
    core::array::from_fn(|i| {
        let (from, to) = (STOPS[stop][i], STOPS[(stop + 1) % 5][i]);
        (from + (to - from) * part) as u8
    })
}
