// SPDX-License-Identifier: MIT OR Apache-2.0
//! A graph as an SVG picture: no scripts, no fonts of others, light and dark.

use core::fmt::Write;

use super::layout::{Layout, Rect, Shape, Span, lay_out};
use super::legend::{self, glyph};
use super::model::{Edge, Graph, Line, Object, Process, State, Writes};
use super::text::{
    about_object, about_process, bold_width, headline, of_object, of_process, short, width, xml,
};

/// Pixels: of names, of what stands below them.
pub(super) const NAME: f64 = 12.0;
pub(super) const SMALL: f64 = 10.5;

/// Around everything.
pub(super) const MARGIN: f64 = 24.0;

/// The heading.
const HEAD: f64 = 58.0;

/// The heights of boxes.
const PROCESS: f64 = 40.0;
const OBJECT: f64 = 42.0;

/// Where text begins in a box: of a process, and of an object, behind its sign.
const INDENT: f64 = 12.0;
const BEHIND_SIGN: f64 = 32.0;

/// What the classes look like. The dark colours are for those whose system is dark.
const STYLE: &str = "\
text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',\
'DejaVu Sans',Arial,sans-serif;font-size:12px;fill:#1f2328;unicode-bidi:isolate}\
.s{font-size:10.5px;fill:#59636e}.n{font-weight:600}.h{font-size:17px;font-weight:600}\
.bg{fill:#fff}.card{fill:#f6f8fa;stroke:#d8dee4}\
.p{fill:#fff;stroke:#59636e;stroke-width:1.2}.partly{stroke-dasharray:4 3}\
.e{fill:none;stroke-linecap:round}.no{stroke:#7d8894}.yes{stroke:#c2500c}\
.map-write{stroke-width:2.4}.map-read{stroke-width:1.2}\
.fd{stroke-width:1.3;stroke-dasharray:5 4;stroke-linecap:butt}\
.o{stroke-width:1.4}.g{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}\
.frozen .o{fill:#eef4ff;stroke:#2f6fde}.frozen .g{stroke:#1f5cc4}\
.published .o{fill:#e9f8f4;stroke:#15806c}.published .g{stroke:#0e6b5a}\
.fixed .o{fill:#fdf7e3;stroke:#a5770a}.fixed .g{stroke:#8a6206}\
.loose .o{fill:#fff0ee;stroke:#d0342c;stroke-dasharray:6 3}.loose .g{stroke:#c02a22}\
.other .o{fill:#f0f2f4;stroke:#7d8894}.other .g{stroke:#656f7a}\
@media (prefers-color-scheme:dark){\
text{fill:#e6edf3}.s{fill:#9aa5b1}.bg{fill:#0d1117}.card{fill:#151b23;stroke:#2f3742}\
.p{fill:#0d1117;stroke:#9aa5b1}.no{stroke:#8b949e}.yes{stroke:#f0883e}\
.frozen .o{fill:#10213f;stroke:#5b94f5}.frozen .g{stroke:#8ab4ff}\
.published .o{fill:#0b2a25;stroke:#2fb39a}.published .g{stroke:#5fd3bd}\
.fixed .o{fill:#2b2408;stroke:#c9981f}.fixed .g{stroke:#e5bb52}\
.loose .o{fill:#33120f;stroke:#f0625a}.loose .g{stroke:#ff8f88}\
.other .o{fill:#1c222b;stroke:#8b949e}.other .g{stroke:#aab4bf}}";

/// What the boxes need.
fn shape(graph: &Graph) -> Shape {
    let process = |it: &Process| {
        let name = bold_width(&short(&it.name), NAME);
        (
            name.max(width(&of_process(it), SMALL)) + 2.0 * INDENT,
            PROCESS,
        )
    };
    let object = |it: &Object| {
        let id = match it.members.is_empty() {
            true => width(&it.id, SMALL) + 12.0,
            false => 0.0,
        };
        let name = bold_width(&short(&it.name), NAME) + id;
        (
            BEHIND_SIGN + name.max(width(&of_object(it), SMALL)) + INDENT,
            OBJECT,
        )
    };
    Shape {
        processes: graph.processes.iter().map(process).collect(),
        objects: graph.objects.iter().map(object).collect(),
        edges: graph
            .edges
            .iter()
            .map(|it| (it.process, it.object))
            .collect(),
    }
}

/// The picture.
pub(super) fn svg(graph: &Graph) -> String {
    let layout = lay_out(&shape(graph));
    let [first, second] = headline(graph);
    let head = bold_width(&first, 17.0).max(width(&second, SMALL));
    let inner = layout.width.max(head).max(legend::LEAST);
    let legend = legend::legend(inner, HEAD + layout.height + 30.0);
    let (w, h) = (
        (inner + 2.0 * MARGIN).ceil(),
        (legend.bottom + MARGIN).ceil(),
    );
    let label = xml(&format!("Shared memory: {first}; {second}"));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" \
         width=\"{w}\" height=\"{h}\" role=\"img\" aria-label=\"{label}\">\n\
         <title>{label}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n"
    );
    text(&mut out, "h", (MARGIN, MARGIN + 14.0), &first);
    text(&mut out, "s", (MARGIN, MARGIN + 33.0), &second);
    out.push_str(&format!(
        "<g transform=\"translate({MARGIN} {})\">\n",
        MARGIN + HEAD
    ));
    body(&mut out, graph, &layout);
    out.push_str("</g>\n");
    out.push_str(&legend.text);
    out.push_str("</svg>\n");
    out
}

/// Cards, then lines, then boxes, which lie above the ends of lines.
fn body(out: &mut String, graph: &Graph, layout: &Layout) {
    for card in &layout.cards {
        rect(out, "card", card, 10.0);
    }
    for (edge, span) in graph.edges.iter().zip(&layout.edges) {
        line(out, graph, edge, span);
    }
    for (process, place) in graph.processes.iter().zip(&layout.processes) {
        of_a_process(out, process, place);
    }
    for (object, place) in graph.objects.iter().zip(&layout.objects) {
        of_an_object(out, object, place);
    }
}

fn rect(out: &mut String, class: &str, rect: &Rect, round: f64) {
    let Rect { x, y, w, h } = rect;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" \
         rx=\"{round}\"/>"
    );
}

/// A line of text that begins at `at`.
pub(super) fn text(out: &mut String, class: &str, at: (f64, f64), text: &str) {
    let (x, y) = at;
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        xml(text)
    );
}

/// What is shown to a pointer that rests.
fn title(out: &mut String, lines: &[String]) {
    let _ = writeln!(out, "<title>{}</title>", xml(&lines.join("\n")));
}

/// The classes of a line.
pub(super) fn classes(line: Line, writes: Writes) -> String {
    let writes = match writes {
        Writes::Yes => "yes",
        Writes::No => "no",
    };
    format!("e {} {writes}", line.word())
}

fn line(out: &mut String, graph: &Graph, edge: &Edge, span: &Span) {
    let ((x1, y1), (x2, y2)) = (span.from, span.to);
    let bend = x1 + (x2 - x1) / 2.0;
    let _ = writeln!(
        out,
        "<path class=\"{}\" d=\"M{x1:.1} {y1:.1}C{bend:.1} {y1:.1} {bend:.1} {y2:.1} \
         {x2:.1} {y2:.1}\">",
        classes(edge.line, edge.writes)
    );
    let process = graph.processes.get(edge.process);
    let object = graph.objects.get(edge.object);
    if let (Some(process), Some(object)) = (process, object) {
        let writes = match edge.writes {
            Writes::Yes => "can write",
            Writes::No => "only reads",
        };
        let who = format!("{}:{} has {}", process.name, process.pid, object.name);
        title(out, &[who, edge.about.clone(), writes.to_owned()]);
    }
    out.push_str("</path>\n");
}

fn of_a_process(out: &mut String, process: &Process, place: &Rect) {
    out.push_str("<g>\n");
    title(out, &about_process(process));
    let partly = process.sight != Some(vmo_census::Sight::Full);
    rect(out, if partly { "p partly" } else { "p" }, place, 8.0);
    let (x, y) = (place.x + INDENT, place.middle());
    text(out, "n", (x, y - 3.0), &short(&process.name));
    text(out, "s", (x, y + 12.0), &of_process(process));
    out.push_str("</g>\n");
}

fn of_an_object(out: &mut String, object: &Object, place: &Rect) {
    let _ = writeln!(out, "<g class=\"{}\">", object.state.word());
    title(out, &about_object(object));
    if !object.members.is_empty() {
        // One behind the other.
        let behind = Rect {
            x: place.x + 3.0,
            y: place.y + 3.0,
            ..*place
        };
        rect(out, "o", &behind, 4.0);
    }
    rect(out, "o", place, 4.0);
    sign(out, object.state, (place.x + 9.0, place.middle() - 8.0));
    let (x, y) = (place.x + BEHIND_SIGN, place.middle());
    text(out, "n", (x, y - 3.0), &short(&object.name));
    text(out, "s", (x, y + 13.0), &of_object(object));
    if object.members.is_empty() {
        let _ = writeln!(
            out,
            "<text class=\"s\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            place.right() - 8.0,
            y - 3.0,
            xml(&object.id)
        );
    }
    out.push_str("</g>\n");
}

/// The sign of a state: 16 pixels high and wide.
pub(super) fn sign(out: &mut String, state: State, at: (f64, f64)) {
    let (x, y) = at;
    let path = glyph(state);
    let _ = writeln!(
        out,
        "<path class=\"g\" transform=\"translate({x:.1} {y:.1})\" d=\"{path}\"/>"
    );
}
