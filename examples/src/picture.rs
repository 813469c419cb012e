// SPDX-License-Identifier: MIT OR Apache-2.0
//! A picture that one sees to be right: spirals, colour bars and a gradient in a checkered
//! frame.
//!
//! ```text
//!   ▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄   8 pixels; the corners tell one picture from the next
//!   ▄                  ▄
//!   ▀     spirals      ▀   each picture is closer to them than the one before
//!   ▄                  ▄
//!   ▀ █ █ █ █ █ █ █ █  ▀   24 rows of bars
//!   ▄ ░░▒▒▒▓▓▓▓███████ ▄   24 rows of grey
//!   ▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄▀▄
//! ```

/// Pixels from left to right.
pub const WIDTH: usize = 480;
/// Pixels from top to bottom.
pub const HEIGHT: usize = 300;

/// A pixel: red, green, blue.
pub type Pixel = [u8; 3];

const FRAME: usize = 8;
const STRIP: usize = 24;
const BARS_AT: usize = HEIGHT - FRAME - 2 * STRIP;
const GREY_AT: usize = HEIGHT - FRAME - STRIP;

/// Picture `number`, row by row. Any two of them differ in their frames, if one is the next
/// of the other.
///
/// # Examples
///
/// ```
/// use real_programs::picture::{HEIGHT, WIDTH, draw};
///
/// let picture = draw(0);
/// assert_eq!(picture.len(), WIDTH * HEIGHT);
/// assert_eq!(picture[..2], [[255; 3]; 2]);
/// assert_ne!(picture[0], draw(1)[0]);
/// ```
#[must_use]
pub fn draw(number: u32) -> Vec<Pixel> {
    let row = |y| (0..WIDTH).map(move |x| pixel(number, x, y));
    (0..HEIGHT).flat_map(row).collect()
}

fn pixel(number: u32, x: usize, y: usize) -> Pixel {
    let framed = (FRAME..WIDTH - FRAME).contains(&x) && (FRAME..HEIGHT - FRAME).contains(&y);
    match y {
        _ if !framed => checkered(number, x, y),
        GREY_AT.. => [part_of_width(x, 256); 3],
        BARS_AT.. => bar(part_of_width(x, 8)),
        _ => spiral(number, x, y),
    }
}

fn checkered(number: u32, x: usize, y: usize) -> Pixel {
    let dark = (x / FRAME + y / FRAME) % 2 == 1;
    let inverted = number % 2 == 1;
    [if dark == inverted { 255 } else { 0 }; 3]
}

/// In which of `parts` a column is, inside of the frame.
fn part_of_width(x: usize, parts: usize) -> u8 {
    let part = (x - FRAME) * parts / (WIDTH - 2 * FRAME);
    u8::try_from(part).unwrap_or(u8::MAX)
}

/// White, yellow, cyan, green, magenta, red, blue, black.
fn bar(number: u8) -> Pixel {
    let on = |bit: u8| if number & bit == 0 { 255 } else { 0 };
    [on(2), on(4), on(1)]
}

/// The Mandelbrot set in its valley of spirals: the mean of four points.
fn spiral(number: u32, x: usize, y: usize) -> Pixel {
    let closer = 1.5_f64.powi(i32::try_from(number % 32).unwrap_or_default());
    let step = 0.0045 / closer / WIDTH as f64;
    let mut sum = [0; 3];
    for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
        let re = -0.743_243_887 + (x as f64 + dx - WIDTH as f64 / 2.0) * step;
        let im = 0.131_200_904 + (y as f64 + dy - BARS_AT as f64 / 2.0) * step;
        for (sum, part) in sum.iter_mut().zip(colour(steps_away(re, im))) {
            *sum += u32::from(part);
        }
    }
    sum.map(|sum| u8::try_from(sum / 4).unwrap_or(u8::MAX))
}

/// How soon a point leaves, smoothly; `None` if it stays.
fn steps_away(re: f64, im: f64) -> Option<f64> {
    let (mut x, mut y) = (0.0_f64, 0.0_f64);
    for i in 0..500 {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > 64.0 {
            return Some(f64::from(i) - (xx + yy).log2().log2());
        }
        (x, y) = (xx - yy + re, 2.0 * x * y + im);
    }
    None
}

/// Waves of the three colours, each a little later than the one before.
fn colour(steps: Option<f64>) -> Pixel {
    let Some(steps) = steps else {
        return [0; 3];
    };
    let place = steps.max(0.0).sqrt() * 1.2;
    [3.5, 4.2, 5.1].map(|shift| (128.0 - 127.0 * (place + shift).cos()) as u8)
}
