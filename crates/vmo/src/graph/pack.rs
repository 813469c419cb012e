// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards on a page: each as high up as it fits, then as far to the left.

/// The space between two cards.
pub(super) const GAP: f64 = 16.0;

/// How much wider than high a page is, if its cards let it.
const ASPECT: f64 = 1.5;

/// The narrowest page that is aimed at.
const NARROW: f64 = 560.0;

/// A stretch of the lower edge of what is placed already.
#[derive(Clone, Copy, Debug)]
struct Edge {
    x: f64,
    y: f64,
    w: f64,
}

/// How wide a page may be, as parts of the width that its area asks for.
const WIDTHS: [f64; 8] = [1.0, 0.85, 0.9, 0.95, 1.05, 1.1, 1.2, 1.3];

/// The upper left corner of each card, given their widths and heights: on the page, of some
/// that are tried, which is left with the least empty space.
pub(super) fn pack(sizes: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let area: f64 = sizes.iter().map(|(w, h)| (w + GAP) * (h + GAP)).sum();
    let widest = sizes.iter().map(|it| it.0).fold(0.0, f64::max);
    let pages = WIDTHS.iter().map(|part| {
        let page = ((area * ASPECT).sqrt() * part).max(widest).max(NARROW) + GAP;
        on_page(sizes, page)
    });
    // The first of those that are alike.
    let best = pages.min_by(|one, other| one.1.total_cmp(&other.1));
    best.map(|it| it.0).unwrap_or_default()
}

/// The corners on a page of this width, and how much space the page takes.
fn on_page(sizes: &[(f64, f64)], page: f64) -> (Vec<(f64, f64)>, f64) {
    let mut skyline = vec![Edge {
        x: 0.0,
        y: 0.0,
        w: page,
    }];
    let place = |(w, h): &(f64, f64)| {
        let (w, h) = (w + GAP, h + GAP);
        let spots = (0..skyline.len()).filter_map(|at| Some((top(&skyline, at, w)?, at)));
        let spot = spots.min_by(|one, other| one.0.total_cmp(&other.0));
        // The first stretch has room for the widest card, at the worst below all.
        let (y, at) = spot.unwrap_or((0.0, 0));
        let x = skyline.get(at).map_or(0.0, |it| it.x);
        cover(&mut skyline, Edge { x, y: y + h, w });
        (x, y)
    };
    let corners: Vec<(f64, f64)> = sizes.iter().map(place).collect();
    let ends = corners.iter().zip(sizes);
    let (w, h) = ends.fold((0.0f64, 0.0f64), |(w, h), ((x, y), size)| {
        (w.max(x + size.0), h.max(y + size.1))
    });
    (corners, w * h)
}

/// How far down a card of width `w` stands at the left end of a stretch; `None` if the page
/// ends before.
fn top(skyline: &[Edge], at: usize, w: f64) -> Option<f64> {
    let left = skyline.get(at)?.x;
    let mut y: f64 = 0.0;
    for edge in skyline.get(at..)? {
        y = y.max(edge.y);
        if edge.x + edge.w >= left + w - 1e-6 {
            return Some(y);
        }
    }
    None
}

/// Puts a new stretch in front of those that it covers.
fn cover(skyline: &mut Vec<Edge>, new: Edge) {
    let end = new.x + new.w;
    let mut next = Vec::with_capacity(skyline.len().saturating_add(2));
    for old in skyline.iter() {
        let old_end = old.x + old.w;
        if old.x < new.x {
            next.push(Edge {
                w: old_end.min(new.x) - old.x,
                ..*old
            });
        }
        if old_end > end {
            let x = old.x.max(end);
            next.push(Edge {
                x,
                w: old_end - x,
                ..*old
            });
        }
    }
    next.push(new);
    next.retain(|it| it.w > 0.0);
    next.sort_by(|one, other| one.x.total_cmp(&other.x));
    *skyline = next;
}
