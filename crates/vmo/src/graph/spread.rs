// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boxes of a column, each as near as can be to where it would like to stand.

use super::layout::Rect;

/// Boxes that stand against each other, and where their mean wish puts the first.
#[derive(Clone, Copy, Debug)]
struct Block {
    wish: f64,
    count: f64,
}

/// Sets the heights of the boxes `column`, in that order and `gap` apart, so that the sum of
/// the squares of what each is away from its wish is least (pool adjacent violators). Without
/// a wish a box would like to stand where it stands.
pub(super) fn spread(
    column: &[usize],
    boxes: &mut [Rect],
    gap: f64,
    wish: impl Fn(usize) -> Option<f64>,
) {
    // As if all boxes had no height: then only the order counts.
    let mut above = 0.0;
    let mut offsets = Vec::with_capacity(column.len());
    let mut blocks: Vec<(Block, usize)> = Vec::new();
    for at in column {
        let Some(rect) = boxes.get(*at) else {
            continue;
        };
        let middle = wish(*at).unwrap_or_else(|| rect.middle());
        offsets.push((*at, above));
        let alone = Block {
            wish: middle - rect.h / 2.0 - above,
            count: 1.0,
        };
        blocks.push((alone, 1));
        above += rect.h + gap;
        while let [.., (one, _), (other, _)] = blocks.as_slice() {
            if one.wish <= other.wish {
                break;
            }
            let count = one.count + other.count;
            let both = Block {
                wish: (one.wish * one.count + other.wish * other.count) / count,
                count,
            };
            let boxes = blocks.pop().map_or(0, |it| it.1);
            if let Some(last) = blocks.last_mut() {
                *last = (both, last.1.saturating_add(boxes));
            }
        }
    }
    let bases = blocks
        .iter()
        .flat_map(|(block, boxes)| core::iter::repeat_n(block.wish, *boxes));
    for ((at, above), base) in offsets.into_iter().zip(bases) {
        if let Some(rect) = boxes.get_mut(at) {
            rect.y = base + above;
        }
    }
}
