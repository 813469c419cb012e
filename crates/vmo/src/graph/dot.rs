// SPDX-License-Identifier: MIT OR Apache-2.0
//! A graph for graphviz: `vmo graph --dot | dot -Tpng > x.png`.

use core::fmt::Write;

use super::model::{Graph, Line, State, Writes};
use super::text::{of_object, of_process, short};

/// The text, in the language of graphviz.
pub(super) fn dot(graph: &Graph) -> String {
    let mut out =
        String::from("graph vmo {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    // Writing to a string can't fail.
    for (at, process) in graph.processes.iter().enumerate() {
        let (name, below) = (quoted(&short(&process.name)), quoted(&of_process(process)));
        let _ = writeln!(out, "  p{at} [label=\"{name}\\n{below}\", style=rounded];");
    }
    for (at, object) in graph.objects.iter().enumerate() {
        let id = match object.members.is_empty() {
            true => format!("\\n{}", quoted(&object.id)),
            false => String::new(),
        };
        let (name, below) = (quoted(&short(&object.name)), quoted(&of_object(object)));
        let (colour, style) = look(object.state);
        let _ = writeln!(
            out,
            "  o{at} [label=\"{name}\\n{below}{id}\", color=\"{colour}\", style=\"{style}\"];"
        );
    }
    for edge in &graph.edges {
        let style = match edge.line {
            Line::Fd => "dashed",
            Line::MapRead => "solid",
            Line::MapWrite => "bold",
        };
        let colour = match edge.writes {
            Writes::Yes => "#c2500c",
            Writes::No => "#7d8894",
        };
        let _ = writeln!(
            out,
            "  p{} -- o{} [style={style}, color=\"{colour}\", tooltip=\"{}\"];",
            edge.process,
            edge.object,
            quoted(&edge.about)
        );
    }
    out.push_str("}\n");
    out
}

fn look(state: State) -> (&'static str, &'static str) {
    match state {
        State::Frozen => ("#2f6fde", "bold"),
        State::Published => ("#15806c", "bold"),
        State::Fixed => ("#a5770a", "solid"),
        State::Loose => ("#d0342c", "dashed"),
        State::Other => ("#7d8894", "solid"),
    }
}

/// Text within quotes: graphviz knows backslashes and, in labels, entities of HTML.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('&', "&amp;")
}
