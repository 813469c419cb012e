// SPDX-License-Identifier: MIT OR Apache-2.0
//! A graph for machines: nothing is grouped, nothing is shortened.

use serde_json::{Value, json};

use super::model::{Graph, Writes};

/// All of it, on one line.
pub(super) fn object(graph: &Graph) -> String {
    let processes = graph
        .processes
        .iter()
        .map(|it| json!({ "pid": it.pid, "name": it.name, "uid": it.uid }));
    let objects = graph.objects.iter().map(|it| {
        json!({
            "id": it.id,
            "kind": it.kind.to_string(),
            "name": it.name,
            "size": it.size,
            "at_least": it.at_least,
            "committed": it.committed,
            "seals": it.seals.map(|it| it.words().collect::<Vec<_>>()),
            "state": it.state.word(),
        })
    });
    let edges = graph.edges.iter().map(|it| {
        json!({
            "pid": graph.processes.get(it.process).map(|it| it.pid),
            "object": graph.objects.get(it.object).map(|it| it.id.as_str()),
            "by": it.line.word(),
            "writes": it.writes == Writes::Yes,
            "has": it.about,
        })
    });
    let value = json!({
        "schema": 1,
        "processes": processes.collect::<Vec<Value>>(),
        "objects": objects.collect::<Vec<Value>>(),
        "edges": edges.collect::<Vec<Value>>(),
        "unseen": graph.unseen,
    });
    value.to_string()
}
