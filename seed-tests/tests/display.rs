// SPDX-License-Identifier: MIT OR Apache-2.0
//! A screen in the manner of the seed's era: a mapping of the display's VMO, drawn row by row.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use fuchsia_zircon as zx;
use mapped_vmo::Mapping;

const BYTES_PER_PIXEL: usize = 4;

type Color = [u8; BYTES_PER_PIXEL];

const SKY: Color = [0xd0, 0x90, 0x40, 0xff];
const SUN: Color = [0x20, 0xd0, 0xf0, 0xff];

/// Where the pixels are. A row takes more room than its pixels: displays like it aligned.
#[derive(Clone, Copy)]
struct Config {
    width: usize,
    height: usize,
    stride: usize,
}

#[derive(Clone, Copy)]
struct Rect {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Config {
    fn new(width: usize, height: usize) -> Self {
        let stride = (width * BYTES_PER_PIXEL).next_multiple_of(64);
        Self {
            width,
            height,
            stride,
        }
    }

    fn size(&self) -> usize {
        self.stride * self.height
    }

    fn offset(&self, x: usize, y: usize) -> usize {
        y * self.stride + x * BYTES_PER_PIXEL
    }
}

struct Frame {
    config: Config,
    vmo: zx::Vmo,
    mapping: Mapping,
}

impl Frame {
    fn new(config: Config) -> Result<Self, zx::Status> {
        let (mapping, vmo) = Mapping::allocate_with_name(config.size(), "display frame")?;
        Ok(Self {
            config,
            vmo,
            mapping,
        })
    }

    /// One row is prepared in our memory and written as often as it is needed.
    fn fill(&mut self, rect: Rect, color: Color) {
        let right = self.config.width.min(rect.x + rect.width);
        let bottom = self.config.height.min(rect.y + rect.height);
        let row = color.repeat(right.saturating_sub(rect.x));
        for y in rect.y..bottom {
            let written = self.mapping.write_at(self.config.offset(rect.x, y), &row);
            assert_eq!(written, row.len());
        }
        self.mapping.release_writes();
    }

    /// Moves everything up by `rows`, as a console does.
    fn scroll(&mut self, rows: usize) {
        let mut row = vec![0u8; self.config.stride];
        for y in rows..self.config.height {
            self.mapping.read_at(self.config.offset(0, y), &mut row);
            let above = self.config.offset(0, y - rows);
            self.mapping
                .slice_mut(above..above + self.config.stride)
                .write(&row);
        }
    }

    fn pixel(&self, x: usize, y: usize) -> Color {
        let mut color = Color::default();
        self.mapping.read_at(self.config.offset(x, y), &mut color);
        color
    }
}

#[test]
fn the_display_sees_what_was_drawn() {
    let config = Config::new(50, 30);
    let mut frame = Frame::new(config).unwrap();
    let (x, y, width, height) = (40, 10, 100, 5); // sticks out on the right
    frame.fill(
        Rect {
            x,
            y,
            width,
            height,
        },
        SUN,
    );

    // The other side has the VMO only.
    let shown = frame.vmo.duplicate_handle(zx::Rights::SAME_RIGHTS).unwrap();
    let mut bytes = vec![0u8; config.size()];
    shown.read(&mut bytes, 0).unwrap();
    for row in 0..config.height {
        for column in 0..config.width {
            let at = config.offset(column, row);
            let inside = (10..15).contains(&row) && column >= 40;
            let expected = if inside { SUN } else { [0; 4] };
            assert_eq!(bytes[at..at + 4], expected, "{column}, {row}");
        }
        let padding = config.offset(config.width, row)..(row + 1) * config.stride;
        assert!(
            bytes[padding].iter().all(|byte| *byte == 0),
            "row {row} ran over"
        );
    }
}

#[test]
fn a_frame_scrolls() {
    let mut frame = Frame::new(Config::new(16, 8)).unwrap();
    for y in 0..8 {
        let color = if y == 5 { SUN } else { SKY };
        let (x, width, height) = (0, 16, 1);
        frame.fill(
            Rect {
                x,
                y,
                width,
                height,
            },
            color,
        );
    }
    frame.scroll(3);
    let rows: Vec<Color> = (0..5).map(|y| frame.pixel(7, y)).collect();
    assert_eq!(rows, [SKY, SKY, SUN, SKY, SKY]);
}

#[test]
fn two_frames_share_one_vmo() {
    let config = Config::new(8, 4);
    let (mut mapping, vmo) = Mapping::allocate(2 * config.size()).unwrap();
    let (front, back) = mapping.split_at_mut(config.size());
    assert_eq!(back.write(&SKY.repeat(8)), 32);
    let mut row = [0u8; 32];
    front.read(&mut row);
    assert_eq!(row, [0; 32], "the front is as it was");
    vmo.read(&mut row, config.size() as u64).unwrap();
    assert_eq!(row[..], SKY.repeat(8)[..]);
}

#[test]
#[should_panic(expected = "buffer of 1024 bytes")]
fn a_row_below_the_frame_is_a_bug() {
    let config = Config::new(64, 4);
    let frame = Frame::new(config).unwrap();
    frame.mapping.write_at(config.offset(1, 4), &SKY);
}
