// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who stands at which side, and in which order: so that few lines cross.

use super::cards::Local;

/// The columns of a card, each from above.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub(super) left: Vec<usize>,
    pub(super) objects: Vec<usize>,
    pub(super) right: Vec<usize>,
}

/// How often each column is put in the order of its neighbours.
const SWEEPS: usize = 12;

/// The sides, then the order with the fewest crossings of those that were met.
pub(super) fn columns(local: &Local) -> Columns {
    let (left, right) = sides(local);
    let mut columns = Columns {
        left,
        objects: (0..local.objects.len()).collect(),
        right,
    };
    let mut best = (crossings(local, &columns), columns.clone());
    for _ in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        sweep(local, &mut columns);
        let found = crossings(local, &columns);
        if found < best.0 {
            best = (found, columns.clone());
        }
    }
    best.1
}

/// Two processes that share an object stand at different sides, where that can be had: those
/// with most objects choose first.
fn sides(local: &Local) -> (Vec<usize>, Vec<usize>) {
    let mut by_degree: Vec<usize> = (0..local.processes.len()).collect();
    by_degree.sort_by_key(|at| core::cmp::Reverse(local.of_process[*at].len()));
    let mut taken = vec![[0usize; 2]; local.objects.len()];
    let mut columns = [Vec::new(), Vec::new()];
    for process in by_degree {
        let objects = &local.of_process[process];
        let met = |side: usize| -> usize { objects.iter().map(|at| taken[*at][side]).sum() };
        let heights = columns.each_ref().map(Vec::len);
        let side = usize::from((met(0), heights[0]) > (met(1), heights[1]));
        for at in objects {
            taken[*at][side] = taken[*at][side].saturating_add(1);
        }
        columns[side].push(process);
    }
    let [mut left, mut right] = columns;
    left.sort_unstable();
    right.sort_unstable();
    (left, right)
}

/// Where each of `count` stands in a column, from 0 to 1.
fn places(column: &[usize], count: usize) -> Vec<Option<f64>> {
    let mut places = vec![None; count];
    let all = column.len() as f64;
    for (at, one) in column.iter().enumerate() {
        places[*one] = Some((at as f64 + 0.5) / all);
    }
    places
}

/// Puts each column in the order of the mean place of its neighbours.
fn sweep(local: &Local, columns: &mut Columns) {
    let objects = places(&columns.objects, local.objects.len());
    sort(&mut columns.left, &local.of_process, &objects);
    sort(&mut columns.right, &local.of_process, &objects);
    let count = local.processes.len();
    let left = places(&columns.left, count);
    let right = places(&columns.right, count);
    let both: Vec<_> = left
        .iter()
        .zip(right)
        .map(|(one, two)| one.or(two))
        .collect();
    sort(&mut columns.objects, &local.of_object, &both);
}

fn sort(column: &mut [usize], neighbours: &[Vec<usize>], places: &[Option<f64>]) {
    let mean = |at: usize| {
        let places = neighbours[at].iter().filter_map(|at| places[*at]);
        let (sum, count) = places.fold((0.0, 0.0), |(sum, count), it| (sum + it, count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    };
    let mut keyed: Vec<(f64, usize)> = column.iter().map(|at| (mean(*at), *at)).collect();
    // Stable: what is alike keeps its order.
    keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (to, (_, at)) in column.iter_mut().zip(keyed) {
        *to = at;
    }
}

/// How many pairs of lines cross.
fn crossings(local: &Local, columns: &Columns) -> u64 {
    let mut rank = vec![0; local.objects.len()];
    for (at, object) in columns.objects.iter().enumerate() {
        rank[*object] = at;
    }
    let of = |column: &[usize]| {
        let mut ends = Vec::new();
        for process in column {
            let mut objects: Vec<usize> = local.of_process[*process]
                .iter()
                .map(|at| rank[*at])
                .collect();
            objects.sort_unstable();
            ends.extend(objects);
        }
        inversions(&ends, rank.len())
    };
    of(&columns.left).saturating_add(of(&columns.right))
}

/// How many pairs of `ends`, each below `count`, are not in order (by a Fenwick tree).
fn inversions(ends: &[usize], count: usize) -> u64 {
    let mut tree = vec![0u64; count.saturating_add(1)];
    let (mut found, mut seen) = (0u64, 0u64);
    for end in ends {
        let mut not_larger = 0u64;
        let mut at = end.saturating_add(1);
        while at > 0 {
            not_larger = not_larger.saturating_add(tree[at]);
            at &= at.saturating_sub(1);
        }
        found = found.saturating_add(seen.saturating_sub(not_larger));
        seen = seen.saturating_add(1);
        let mut at = end.saturating_add(1);
        while at <= count {
            tree[at] = tree[at].saturating_add(1);
            at = at.saturating_add(at & at.wrapping_neg());
        }
    }
    found
}
