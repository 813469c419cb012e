// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where everything stands: boxes and lines, from sizes and neighbours alone.
//!
//! Each connected part is a card of its own. Its objects stand in a column with processes at
//! both sides, so that what two of them share lies between them:
//!
//! ```text
//!   ┌────────────────────────────────────────┐
//!   │ process ───── object ───── process     │
//!   │         ╲──── object ───── process     │
//!   └────────────────────────────────────────┘
//! ```

use super::cards::{self, Part};
use super::pack;

/// A box, in pixels; `x` and `y` are its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    pub(super) fn right(&self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.h
    }

    pub(super) fn middle(&self) -> f64 {
        self.y + self.h / 2.0
    }

    fn moved(self, x: f64, y: f64) -> Self {
        Self {
            x: self.x + x,
            y: self.y + y,
            ..self
        }
    }
}

/// What is to be laid out: nodes by their size, and who is joined.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Width and height that the text of each process needs.
    pub(super) processes: Vec<(f64, f64)>,
    pub(super) objects: Vec<(f64, f64)>,
    /// A process and an object each.
    pub(super) edges: Vec<(usize, usize)>,
}

/// A line from the side of a process to the side of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Span {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
}

/// Where it all stands, in the order of the [`Shape`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) processes: Vec<Rect>,
    pub(super) objects: Vec<Rect>,
    pub(super) edges: Vec<Span>,
    /// What stands behind each connected part.
    pub(super) cards: Vec<Rect>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The space inside a card around what it holds.
pub(super) const PADDING: f64 = 18.0;

/// Places everything; the same for the same input.
pub(super) fn lay_out(shape: &Shape) -> Layout {
    let parts = parts(shape);
    let placed: Vec<Layout> = parts.iter().map(|it| cards::lay_out(shape, it)).collect();
    let sizes: Vec<(f64, f64)> = placed.iter().map(|it| (it.width, it.height)).collect();
    let spots = pack::pack(&sizes);
    let mut all = Layout {
        processes: vec![Rect::default(); shape.processes.len()],
        objects: vec![Rect::default(); shape.objects.len()],
        edges: vec![Span::default(); shape.edges.len()],
        ..Layout::default()
    };
    for ((part, card), (x, y)) in parts.iter().zip(&placed).zip(spots) {
        let rects = |to: &mut [Rect], at: &[usize], from: &[Rect]| {
            for (at, rect) in at.iter().zip(from) {
                if let Some(to) = to.get_mut(*at) {
                    *to = rect.moved(x, y);
                }
            }
        };
        rects(&mut all.processes, &part.processes, &card.processes);
        rects(&mut all.objects, &part.objects, &card.objects);
        for (at, span) in part.edges.iter().zip(&card.edges) {
            if let Some(to) = all.edges.get_mut(*at) {
                *to = Span {
                    from: (span.from.0 + x, span.from.1 + y),
                    to: (span.to.0 + x, span.to.1 + y),
                };
            }
        }
        let card = Rect {
            x,
            y,
            w: card.width,
            h: card.height,
        };
        all.width = all.width.max(card.right());
        all.height = all.height.max(card.bottom());
        all.cards.push(card);
    }
    all
}

/// The connected parts, largest first.
fn parts(shape: &Shape) -> Vec<Part> {
    let count = shape.processes.len();
    let mut sets = Sets::new(count.saturating_add(shape.objects.len()));
    for (process, object) in &shape.edges {
        sets.join(*process, count.saturating_add(*object));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut number = std::collections::HashMap::<usize, usize>::new();
    let mut part_of = |parts: &mut Vec<Part>, node: usize| {
        let set = sets.of(node);
        *number.entry(set).or_insert_with(|| {
            parts.push(Part::default());
            parts.len().saturating_sub(1)
        })
    };
    for process in 0..count {
        let part = part_of(&mut parts, process);
        parts[part].processes.push(process);
    }
    for object in 0..shape.objects.len() {
        let part = part_of(&mut parts, count.saturating_add(object));
        parts[part].objects.push(object);
    }
    for (at, (process, _)) in shape.edges.iter().enumerate() {
        let part = part_of(&mut parts, *process);
        parts[part].edges.push(at);
    }
    // Stable: those of one size stay in the order of their pids.
    let nodes = |it: &Part| it.processes.len().saturating_add(it.objects.len());
    parts.sort_by_key(|it| core::cmp::Reverse((nodes(it), it.edges.len())));
    parts
}

/// Who is joined with whom.
#[derive(Debug)]
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
        }
    }

    fn of(&mut self, mut node: usize) -> usize {
        while self.parent[node] != node {
            let above = self.parent[self.parent[node]];
            self.parent[node] = above;
            node = above;
        }
        node
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        let (low, high) = (one.min(other), one.max(other));
        self.parent[high] = low;
    }
}
