// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo graph`: who shares memory with whom, as a picture.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_census::{Census, Kinds};

use crate::Failure;
use crate::cli::Output;
use crate::ls::no_process;
use crate::style::Format;

mod cards;
mod dot;
mod group;
mod json;
mod layout;
mod legend;
mod model;
mod order;
mod pack;
mod spread;
mod svg;
mod text;
mod write;

#[cfg(test)]
mod tests;

use model::Graph;

pub(crate) use text::{width, xml};
pub(crate) use write::whole;

/// What `vmo graph --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo graph -o shared.svg            who shares memory with whom, for a browser
  vmo graph -p 812 > 812.svg         what process 812 has, and who shares it
  vmo graph --dot | dot -Tpng > x.png    laid out by graphviz
  sudo vmo graph --all -o all.svg    all kinds, and each object a box of its own

A dashed red box is memory that a peer can truncate under whoever maps it; `vmo info ID` \
says more. What one process has alone, and many objects that the same processes share in \
the same way, are drawn as one box, unless --all is given.";

/// Arguments of `vmo graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Only what this process has, and who shares it
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
    /// Other shared memory too, and a box for every object
    #[arg(long)]
    all: bool,
    /// Write to this file: a picture (.svg) or text for graphviz (.dot)
    #[arg(short, long = "output", value_name = "FILE.svg|FILE.dot", value_parser = file)]
    #[arg(conflicts_with_all = ["dot", "json"])]
    output_file: Option<(Language, PathBuf)>,
    /// Print text for graphviz instead of a picture
    #[arg(long, conflicts_with = "json")]
    dot: bool,
    #[command(flatten)]
    output: Output,
}

/// In what a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Svg,
    Dot,
}

/// A file and, by its end, what goes into it.
fn file(text: &str) -> Result<(Language, PathBuf), String> {
    let path = PathBuf::from(text);
    let suffix = path.extension().and_then(|it| it.to_str());
    let language = match suffix.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Language::Svg,
        Some("dot" | "gv") => Language::Dot,
        _ => return Err("its name has to end in .svg (a picture) or .dot (for graphviz)".into()),
    };
    Ok((language, path))
}

/// Draws what there is.
pub(crate) fn graph(args: &GraphArgs) -> Result<bool, Failure> {
    let kinds = if args.all { Kinds::All } else { Kinds::Memfds };
    let census = Census::take(kinds).map_err(|error| format!("/proc can't be read: {error}"))?;
    let there = |pid| census.processes.iter().any(|it| it.pid == pid);
    if let Some(pid) = args.pid.filter(|pid| !there(*pid)) {
        return Err(no_process(pid).into());
    }
    let graph = Graph::of(&census, args.pid);
    if args.output.format() == Format::Json {
        writeln!(stdout().lock(), "{}", json::object(&graph))?;
        return Ok(true);
    }
    let graph = match args.all {
        true => graph,
        false => group::grouped(&graph),
    };
    match &args.output_file {
        Some((language, path)) => save(&graph, *language, path)?,
        None => {
            let language = if args.dot {
                Language::Dot
            } else {
                Language::Svg
            };
            stdout()
                .lock()
                .write_all(written(&graph, language).as_bytes())?;
        }
    }
    Ok(true)
}

fn written(graph: &Graph, language: Language) -> String {
    match language {
        Language::Svg => svg::svg(graph),
        Language::Dot => dot::dot(graph),
    }
}

fn save(graph: &Graph, language: Language, path: &Path) -> Result<(), Failure> {
    let text = written(graph, language);
    write::whole(path, text.as_bytes())
        .map_err(|error| format!("{path:?} can't be written: {error}"))?;
    let [what, _] = text::headline(graph);
    writeln!(stdout().lock(), "{what}: {path:?}")?;
    Ok(())
}
