// SPDX-License-Identifier: MIT OR Apache-2.0
//! Layouts of random graphs, and pictures with hostile names.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use proptest::prelude::*;
use vmo_census::{Kind, Seals, Sight, escape};

use super::layout::{Layout, Rect, Shape, lay_out};
use super::model::{Edge, Graph, Line, Object, Process, State, Writes};
use super::text::{bold_width, headline, short, width};
use super::{dot, group, json, svg};

fn shapes() -> impl Strategy<Value = Shape> {
    let size = || (40.0..300.0f64, 20.0..60.0f64);
    let sizes = (
        prop::collection::vec(size(), 1..40),
        prop::collection::vec(size(), 1..60),
    );
    sizes.prop_flat_map(|(processes, objects)| {
        let edge = (0..processes.len(), 0..objects.len());
        let edges = prop::collection::btree_set(edge, 0..120);
        edges.prop_map(move |edges| Shape {
            processes: processes.clone(),
            objects: objects.clone(),
            edges: edges.into_iter().collect(),
        })
    })
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    let apart = one.right() <= other.x + 1e-6
        || other.right() <= one.x + 1e-6
        || one.bottom() <= other.y + 1e-6
        || other.bottom() <= one.y + 1e-6;
    !apart
}

fn contains(card: &Rect, rect: &Rect) -> bool {
    card.x <= rect.x + 1e-6
        && card.y <= rect.y + 1e-6
        && card.right() >= rect.right() - 1e-6
        && card.bottom() >= rect.bottom() - 1e-6
}

fn pairs(rects: &[Rect]) -> impl Iterator<Item = (&Rect, &Rect)> {
    let all = rects.iter().enumerate();
    all.flat_map(|(at, one)| rects[at + 1..].iter().map(move |other| (one, other)))
}

/// Whether a line ends at the left or right side of a box.
fn is_at(end: (f64, f64), rect: &Rect) -> bool {
    let side = (end.0 - rect.x).abs() < 1e-6 || (end.0 - rect.right()).abs() < 1e-6;
    side && rect.y < end.1 && end.1 < rect.bottom()
}

fn check_boxes(shape: &Shape, layout: &Layout) {
    let boxes = [layout.processes.clone(), layout.objects.clone()].concat();
    for (one, other) in pairs(&boxes).chain(pairs(&layout.cards)) {
        assert!(!overlap(one, other), "{one:?} overlaps {other:?}");
    }
    for rect in &boxes {
        let cards = layout.cards.iter().filter(|it| contains(it, rect));
        assert_eq!(cards.count(), 1, "{rect:?} is not in one card");
    }
    let page = Rect {
        w: layout.width,
        h: layout.height,
        ..Rect::default()
    };
    assert!(layout.cards.iter().all(|it| contains(&page, it)));
    let needs = [shape.processes.clone(), shape.objects.clone()].concat();
    for ((w, h), rect) in needs.iter().zip(&boxes) {
        assert!(
            rect.w >= *w && rect.h >= *h,
            "{rect:?} is less than {w} {h}"
        );
    }
}

fn check_lines(shape: &Shape, layout: &Layout) {
    assert_eq!(layout.edges.len(), shape.edges.len());
    for ((process, object), span) in shape.edges.iter().zip(&layout.edges) {
        let (from, to) = (&layout.processes[*process], &layout.objects[*object]);
        assert!(is_at(span.from, from), "{span:?} begins beside {from:?}");
        assert!(is_at(span.to, to), "{span:?} ends beside {to:?}");
        // From one side to the side that faces it: no line runs through its own boxes.
        let (left, right) = if from.x < to.x {
            (from, to)
        } else {
            (to, from)
        };
        let (low, high) = (span.from.0.min(span.to.0), span.from.0.max(span.to.0));
        assert!((low - left.right()).abs() < 1e-6 && (high - right.x).abs() < 1e-6);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_boxes_overlap_and_every_line_ends_at_its_boxes(shape in shapes()) {
        let layout = lay_out(&shape);
        check_boxes(&shape, &layout);
        check_lines(&shape, &layout);
    }

    #[test]
    fn the_same_graph_is_laid_out_the_same(shape in shapes()) {
        prop_assert_eq!(lay_out(&shape), lay_out(&shape.clone()));
    }

    #[test]
    fn any_name_makes_a_picture_that_is_xml(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let graph = named(&bytes);
        roxmltree::Document::parse(&svg::svg(&graph)).unwrap();
    }
}

#[test]
fn a_scrambled_ladder_has_no_crossings() {
    let size = (100.0, 40.0);
    let shape = Shape {
        processes: vec![size; 9],
        objects: vec![size; 9],
        // 0 is joined with all, each other process with one.
        edges: (0..9)
            .map(|at| (0, at))
            .chain((1..9).map(|at| (at, 8 - at)))
            .collect(),
    };
    let layout = lay_out(&shape);
    let column = |side: fn(&Rect, f64) -> bool| {
        let all = shape
            .edges
            .iter()
            .filter(|it| side(&layout.processes[it.0], layout.objects[0].x));
        let mut ends: Vec<(f64, f64)> = all
            .map(|it| (layout.processes[it.0].y, layout.objects[it.1].y))
            .collect();
        ends.sort_by(|one, other| one.partial_cmp(other).unwrap());
        ends
    };
    for ends in [column(|rect, x| rect.x < x), column(|rect, x| rect.x > x)] {
        assert!(!ends.is_empty());
        assert!(ends.is_sorted_by(|one, other| one.1 <= other.1), "{ends:?}");
    }
}

fn process(pid: u32, name: &str) -> Process {
    Process {
        pid,
        name: name.to_owned(),
        uid: Some(1000),
        sight: Some(Sight::Full),
    }
}

fn object(id: &str, name: &str, seals: Option<Seals>) -> Object {
    Object {
        id: id.to_owned(),
        kind: Kind::Memfd,
        name: name.to_owned(),
        size: Some(8192),
        at_least: 0,
        committed: Some(4096),
        seals,
        state: State::of(Kind::Memfd, seals),
        members: Vec::new(),
    }
}

fn edge(process: usize, object: usize) -> Edge {
    Edge {
        process,
        object,
        line: Line::MapWrite,
        writes: Writes::Yes,
        about: "map rw".to_owned(),
    }
}

/// A graph in which everything has that name.
fn named(name: &[u8]) -> Graph {
    let name = escape(name);
    let mut edge = edge(0, 0);
    edge.about = name.clone();
    Graph {
        processes: vec![process(7, &name)],
        objects: vec![object("4711", &name, None)],
        edges: vec![edge],
        unseen: 0,
    }
}

#[test]
fn a_hostile_name_is_text_and_nothing_else() {
    let evil = "</title><script>alert(1)</script>\"'&amp;]]>\u{202e}\x1b[31m\u{ffff}\u{fffe}";
    let graph = named(evil.as_bytes());
    let picture = svg::svg(&graph);
    let shown = |it: char| it == '\n' || !(it.is_control() || it == '\u{202e}');
    assert!(picture.chars().all(shown), "{picture}");
    let document = roxmltree::Document::parse(&picture).unwrap();
    let tags = document.descendants().filter(roxmltree::Node::is_element);
    let tags: std::collections::BTreeSet<_> = tags.map(|it| it.tag_name().name()).collect();
    let known = ["g", "path", "rect", "style", "svg", "text", "title"];
    assert!(tags.iter().all(|it| known.contains(it)), "{tags:?}");
    let mut titles = document.descendants().filter(|it| it.has_tag_name("title"));
    assert!(titles.any(|it| it.text().unwrap().contains("<script>alert(1)</script>")));
    serde_json::from_str::<serde_json::Value>(&json::object(&graph)).unwrap();
}

#[test]
fn a_hostile_name_stays_within_its_quotes_for_graphviz() {
    let text = dot::dot(&named(b"\"];x\\\"&amp;"));
    let line = text.lines().find(|it| it.starts_with("  o0 [")).unwrap();
    assert!(line.contains(r#"label="\"];x\\\\\"&amp;amp;\n"#), "{line}");
    let bare = line.replace("\\\\", "").replace("\\\"", "");
    assert_eq!(bare.matches('"').count(), 6, "{line}");
}

#[test]
fn graphviz_is_told_who_has_it_mapped_and_who_writes() {
    let mut graph = named(b"held");
    for (line, writes, style, colour) in [
        (Line::Fd, Writes::No, "dashed", "#7d8894"),
        (Line::MapRead, Writes::No, "solid", "#7d8894"),
        (Line::MapWrite, Writes::Yes, "bold", "#c2500c"),
    ] {
        graph.edges = vec![edge(0, 0)];
        graph.edges[0].line = line;
        graph.edges[0].writes = writes;
        let text = dot::dot(&graph);
        let expected = format!("p0 -- o0 [style={style}, color=\"{colour}\"");
        assert!(text.contains(&expected), "no {expected} in {text}");
    }
}

#[test]
fn a_long_name_keeps_its_ends_and_has_room() {
    let name = format!("begin{}end", "x".repeat(500));
    let short = short(&name);
    assert!(
        short.starts_with("begin") && short.ends_with("end"),
        "{short}"
    );
    assert!(short.chars().count() <= 30);
    assert!(bold_width("WWW", 12.0) > bold_width("iii", 12.0));
    assert!(width("漢字", 12.0) >= 24.0);
}

#[test]
fn what_one_process_has_alone_is_one_box_that_counts_what_can_be_truncated() {
    let mut graph = Graph {
        processes: vec![process(1, "one"), process(2, "two")],
        ..Graph::default()
    };
    let frozen = Seals::SHRINK | Seals::WRITE;
    for at in 0..12 {
        let seals = if at < 3 { Seals::NONE } else { frozen };
        graph
            .objects
            .push(object(&at.to_string(), &format!("o{at}"), Some(seals)));
        graph.edges.push(edge(0, at));
    }
    for object in &mut graph.objects {
        object.committed = Some(4096);
    }
    graph.objects.push(object("12", "both", Some(frozen)));
    graph.edges.extend([edge(0, 12), edge(1, 12)]);
    let grouped = group::grouped(&graph);
    assert_eq!(grouped.objects.len(), 2);
    assert_eq!(grouped.edges.len(), 3);
    let one = &grouped.objects[0];
    assert_eq!(one.name, "12 objects of one process only");
    assert_eq!(one.size, Some(12 * 8192));
    assert_eq!(one.committed, Some(12 * 4096));
    assert!(super::text::of_object(one).contains("3 can be truncated"));
    assert_eq!(grouped.objects[1].name, "both");
    let [first, second] = headline(&grouped);
    assert_eq!(first, "13 objects, 2 processes");
    assert!(second.starts_with("3 can be truncated"), "{second}");
    assert_eq!(headline(&graph), headline(&grouped));
}

#[test]
fn many_that_the_same_processes_share_are_one_box_for_each_state() {
    let mut graph = Graph {
        processes: vec![process(1, "one"), process(2, "two")],
        ..Graph::default()
    };
    for at in 0..20 {
        let seals = if at % 2 == 0 {
            Seals::NONE
        } else {
            Seals::SHRINK
        };
        graph
            .objects
            .push(object(&at.to_string(), "pool", Some(seals)));
        graph.edges.extend([edge(0, at), edge(1, at)]);
    }
    let grouped = group::grouped(&graph);
    let states: Vec<State> = grouped.objects.iter().map(|it| it.state).collect();
    assert_eq!(states, [State::Loose, State::Fixed]);
    assert_eq!(grouped.objects[0].name, "10 × pool");
    assert_eq!(grouped.edges.len(), 4);
}

#[test]
fn a_state_is_what_the_seals_make_of_it() {
    let of = |seals| State::of(Kind::Memfd, Some(seals));
    assert_eq!(of(Seals::NONE), State::Loose);
    assert_eq!(of(Seals::WRITE | Seals::GROW | Seals::SEAL), State::Loose);
    assert_eq!(of(Seals::FUTURE_WRITE), State::Loose);
    assert_eq!(of(Seals::SHRINK), State::Fixed);
    assert_eq!(of(Seals::SHRINK | Seals::FUTURE_WRITE), State::Published);
    assert_eq!(
        of(Seals::SHRINK | Seals::FUTURE_WRITE | Seals::WRITE),
        State::Frozen
    );
    assert_eq!(State::of(Kind::Memfd, None), State::Other);
    let all = Seals::SHRINK | Seals::WRITE | Seals::SEAL;
    assert_eq!(State::of(Kind::HugeMemfd, Some(all)), State::Loose);
    assert_eq!(State::of(Kind::Tmpfs, None), State::Loose);
    assert_eq!(State::of(Kind::Sysv, None), State::Other);
}

#[test]
fn an_empty_graph_is_a_picture_too() {
    let picture = svg::svg(&Graph::default());
    let document = roxmltree::Document::parse(&picture).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(root.attribute("aria-label").unwrap().contains("0 objects"));
}
