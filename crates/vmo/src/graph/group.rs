// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects that say the same are drawn as one: those that a process shares with nobody, and
//! many that the same processes have in the same way.

use std::collections::BTreeMap;

use super::model::{Edge, Graph, Line, Member, Object, State, Writes};

/// From how many on: of one process, and of the same several.
const PRIVATE: usize = 2;
const SHARED: usize = 9;

/// Who has an object and how: what is alike in this is alike in the picture.
type Alike = (Vec<(usize, Line, Writes)>, Option<State>);

/// The graph with a single object for those that are alike.
pub(super) fn grouped(graph: &Graph) -> Graph {
    let mut edges_of = vec![Vec::new(); graph.objects.len()];
    for edge in &graph.edges {
        if let Some(edges) = edges_of.get_mut(edge.object) {
            edges.push(edge);
        }
    }
    let mut alike = BTreeMap::<Alike, Vec<usize>>::new();
    for (at, (object, edges)) in graph.objects.iter().zip(&edges_of).enumerate() {
        alike.entry(key(object, edges)).or_default().push(at);
    }
    // In the order of the first of each, which is that of the census.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (_, members) in alike {
        let first = members.first().and_then(|at| edges_of.get(*at));
        let few = match first.map_or(0, Vec::len) {
            0 | 1 => PRIVATE,
            _ => SHARED,
        };
        match members.len() < few {
            true => groups.extend(members.into_iter().map(|at| vec![at])),
            false => groups.push(members),
        }
    }
    groups.sort_unstable();
    let mut all = Graph {
        processes: graph.processes.clone(),
        unseen: graph.unseen,
        ..Graph::default()
    };
    for members in groups {
        let objects: Vec<&Object> = members
            .iter()
            .filter_map(|it| graph.objects.get(*it))
            .collect();
        let edges = members.iter().filter_map(|it| edges_of.get(*it));
        push(&mut all, &objects, edges.flatten().copied().collect());
    }
    all
}

fn key(object: &Object, edges: &[&Edge]) -> Alike {
    match edges {
        [one] => (vec![(one.process, Line::Fd, Writes::No)], None),
        _ => {
            let holders = edges.iter().map(|it| (it.process, it.line, it.writes));
            (holders.collect(), Some(object.state))
        }
    }
}

/// One object for `members`, with one edge for each process.
fn push(graph: &mut Graph, members: &[&Object], edges: Vec<&Edge>) {
    let Some(first) = members.first() else {
        return;
    };
    let at = graph.objects.len();
    let mut of = BTreeMap::<usize, Edge>::new();
    for edge in edges {
        let kept = of.entry(edge.process).or_insert_with(|| edge.clone());
        kept.object = at;
        kept.line = kept.line.max(edge.line);
        kept.writes = kept.writes.max(edge.writes);
    }
    let mut object = (*first).clone();
    if members.len() > 1 {
        object = one_for(members, first, of.len());
        for edge in of.values_mut() {
            edge.about = format!("{} objects", members.len());
        }
    }
    graph.objects.push(object);
    graph.edges.extend(of.into_values());
}

fn one_for(members: &[&Object], first: &Object, processes: usize) -> Object {
    let count = members.len();
    let same = |it: &&&Object| it.name == first.name;
    let name = match (members.iter().all(|it| same(&it)), processes) {
        (true, _) if !first.name.is_empty() => format!("{count} × {}", first.name),
        (_, 1) => format!("{count} objects of one process only"),
        _ => format!("{count} objects of the same processes"),
    };
    let sum = |of: fn(&Object) -> Option<u64>| {
        let mut sizes = members.iter().map(|it| of(it));
        sizes.try_fold(0u64, |sum, size| Some(sum.saturating_add(size?)))
    };
    let alike = members.iter().all(|it| it.state == first.state);
    let sealed = members.iter().all(|it| it.seals == first.seals);
    Object {
        id: first.id.clone(),
        kind: first.kind,
        name,
        size: sum(|it| it.size),
        at_least: sum(|it| Some(it.at_least)).unwrap_or(0),
        committed: sum(|it| it.committed),
        seals: first.seals.filter(|_| sealed),
        state: if alike { first.state } else { State::Other },
        members: members
            .iter()
            .map(|it| Member {
                id: it.id.clone(),
                name: it.name.clone(),
                state: it.state,
            })
            .collect(),
    }
}
