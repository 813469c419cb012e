// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connected part: a column of objects, processes at its left and right.

use super::layout::{Layout, PADDING, Rect, Shape, Span};
use super::order::{self, Columns};
use super::spread::spread;

/// What belongs to a connected part, as indices into the [`Shape`].
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) processes: Vec<usize>,
    pub(super) objects: Vec<usize>,
    pub(super) edges: Vec<usize>,
}

/// The space between two boxes of a column.
const GAP: f64 = 10.0;

/// How far apart the ends of lines are at the side of a process.
const PORT: f64 = 7.0;

/// How wide the space for lines is: the least, for each line, the most.
const CHANNEL: (f64, f64, f64) = (64.0, 2.0, 190.0);

/// A part with its own numbers: the process or object `n` of it.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) processes: Vec<(f64, f64)>,
    pub(super) objects: Vec<(f64, f64)>,
    pub(super) edges: Vec<(usize, usize)>,
    /// The neighbours of each process, and of each object.
    pub(super) of_process: Vec<Vec<usize>>,
    pub(super) of_object: Vec<Vec<usize>>,
}

impl Local {
    fn new(shape: &Shape, part: &Part) -> Self {
        let sizes = |all: &[(f64, f64)], at: &[usize]| -> Vec<(f64, f64)> {
            at.iter().filter_map(|at| all.get(*at)).copied().collect()
        };
        // Both lists ascend.
        let place = |all: &[usize], at: usize| all.binary_search(&at).unwrap_or_default();
        let edges = part.edges.iter().filter_map(|at| shape.edges.get(*at));
        let edges: Vec<(usize, usize)> = edges
            .map(|(process, object)| {
                (
                    place(&part.processes, *process),
                    place(&part.objects, *object),
                )
            })
            .collect();
        let mut of_process = vec![Vec::new(); part.processes.len()];
        let mut of_object = vec![Vec::new(); part.objects.len()];
        for (process, object) in &edges {
            of_process[*process].push(*object);
            of_object[*object].push(*process);
        }
        let mut processes = sizes(&shape.processes, &part.processes);
        for (size, edges) in processes.iter_mut().zip(&of_process) {
            size.1 = size.1.max(edges.len() as f64 * PORT);
        }
        Self {
            processes,
            objects: sizes(&shape.objects, &part.objects),
            edges,
            of_process,
            of_object,
        }
    }
}

/// Lays out one part, with its padding; all in the order of the part.
pub(super) fn lay_out(shape: &Shape, part: &Part) -> Layout {
    let local = Local::new(shape, part);
    let columns = order::columns(&local);
    let (mut processes, mut objects) = heights(&local, &columns);
    let width = widths(&local, &columns, &mut processes, &mut objects);
    let all = || processes.iter().chain(&objects);
    let top = all().map(|it| it.y).fold(f64::INFINITY, f64::min);
    let up = if top.is_finite() { PADDING - top } else { 0.0 };
    for rect in processes.iter_mut().chain(&mut objects) {
        rect.y += up;
    }
    let bottom = processes.iter().chain(&objects).map(Rect::bottom);
    let height = bottom.fold(0.0, f64::max) + PADDING;
    let edges = spans(&local, &processes, &objects);
    Layout {
        processes,
        objects,
        edges,
        cards: Vec::new(),
        width,
        height,
    }
}

/// Boxes at their heights: each as near to its neighbours as the order of its column lets it.
fn heights(local: &Local, columns: &Columns) -> (Vec<Rect>, Vec<Rect>) {
    let boxes = |sizes: &[(f64, f64)]| -> Vec<Rect> {
        let boxes = sizes.iter().map(|(w, h)| Rect {
            w: *w,
            h: *h,
            ..Rect::default()
        });
        boxes.collect()
    };
    let (mut processes, mut objects) = (boxes(&local.processes), boxes(&local.objects));
    spread(&columns.objects, &mut objects, GAP, |_| None);
    for _ in 0..4 {
        for column in [&columns.left, &columns.right] {
            let wish = |at: usize| mean(local.of_process.get(at)?, &objects);
            spread(column, &mut processes, GAP, wish);
        }
        let wish = |at: usize| mean(local.of_object.get(at)?, &processes);
        spread(&columns.objects, &mut objects, GAP, wish);
    }
    (processes, objects)
}

/// The mean height of the neighbours.
fn mean(neighbours: &[usize], boxes: &[Rect]) -> Option<f64> {
    let found = neighbours.iter().filter_map(|at| boxes.get(*at));
    let sum: f64 = found.map(Rect::middle).sum();
    (!neighbours.is_empty()).then(|| sum / neighbours.len() as f64)
}

/// Columns side by side, each as wide as its widest box, which all in it become; gives the
/// width of the card.
fn widths(local: &Local, columns: &Columns, processes: &mut [Rect], objects: &mut [Rect]) -> f64 {
    let (least, each, most) = CHANNEL;
    let mut x = PADDING;
    let lines = |column: &[usize]| -> f64 {
        let lines = column.iter().filter_map(|at| local.of_process.get(*at));
        let lines: usize = lines.map(Vec::len).sum();
        (least + lines as f64 * each).min(most)
    };
    let stand = |column: &[usize], boxes: &mut [Rect], x: f64| -> f64 {
        let widths = column.iter().filter_map(|at| boxes.get(*at)).map(|it| it.w);
        let widest = widths.fold(0.0, f64::max);
        for at in column {
            if let Some(rect) = boxes.get_mut(*at) {
                (rect.x, rect.w) = (x, widest);
            }
        }
        x + widest
    };
    if !columns.left.is_empty() {
        x = stand(&columns.left, processes, x) + lines(&columns.left);
    }
    x = stand(&columns.objects, objects, x);
    if !columns.right.is_empty() {
        x = stand(&columns.right, processes, x + lines(&columns.right));
    }
    x + PADDING
}

/// The lines, which end at the sides of their boxes that face each other, in the order of
/// what is at their other ends.
fn spans(local: &Local, processes: &[Rect], objects: &[Rect]) -> Vec<Span> {
    let mut spans = vec![Span::default(); local.edges.len()];
    let mut at_process = vec![Vec::new(); processes.len()];
    // An object has two sides.
    let mut at_object = vec![Vec::new(); objects.len().saturating_mul(2)];
    for (edge, (process, object)) in local.edges.iter().enumerate() {
        let (from, to) = (&processes[*process], &objects[*object]);
        let is_left = from.x < to.x;
        let side = object
            .saturating_mul(2)
            .saturating_add(usize::from(!is_left));
        at_process[*process].push((to.middle(), edge));
        at_object[side].push((from.middle(), edge));
        let ends = match is_left {
            true => (from.right(), to.x),
            false => (from.x, to.right()),
        };
        (spans[edge].from.0, spans[edge].to.0) = ends;
    }
    for (rect, ends) in processes.iter().zip(at_process) {
        for (y, edge) in ports(rect, ends) {
            spans[edge].from.1 = y;
        }
    }
    for (side, ends) in at_object.into_iter().enumerate() {
        for (y, edge) in ports(&objects[side / 2], ends) {
            spans[edge].to.1 = y;
        }
    }
    spans
}

/// The heights at which lines end at a side of a box: evenly, from above.
fn ports(rect: &Rect, mut ends: Vec<(f64, usize)>) -> impl Iterator<Item = (f64, usize)> {
    ends.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let step = rect.h / (ends.len() as f64 + 1.0);
    let top = rect.y;
    let ends = ends.into_iter().enumerate();
    ends.map(move |(at, (_, edge))| (top + (at as f64 + 1.0) * step, edge))
}
