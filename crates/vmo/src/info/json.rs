// SPDX-License-Identifier: MIT OR Apache-2.0
//! A report for machines.

use serde_json::{Value, json};
use vmo_census::escape;

use super::Report;
use crate::ls::holder;

/// All of it, on one line.
pub(super) fn object(report: &Report) -> String {
    let facts = &report.facts;
    let object = report.object.as_ref();
    let holders = object.iter().flat_map(|it| &it.holders);
    let holders = holders.map(|it| holder(it, &report.processes));
    let threats = report
        .threats
        .iter()
        .map(|it| json!({ "what": it.what, "can": it.can.word(), "why": it.why }));
    let answers = report.gate.answers.iter().flatten().map(|it| {
        json!({
            "policy": it.policy.word(),
            "huge_pages": it.policy == super::gate::Policy::HugeGuarded,
            "takes": it.refused.is_none(),
            "why": it.refused.map(|it| it.to_string()),
        })
    });
    let value = json!({
        "schema": 1,
        "id": facts.id.map(|it| it.to_string()),
        "kind": facts.kind.map(|it| it.to_string()),
        "name": escape(&facts.name),
        "size": facts.size,
        "committed": facts.committed,
        "seals": facts.seals.map(|it| it.words().collect::<Vec<_>>()),
        "owner": facts.owner,
        "mode": facts.mode,
        "holders": holders.collect::<Vec<Value>>(),
        "peer": threats.collect::<Vec<Value>>(),
        "policies": answers.collect::<Vec<Value>>(),
        "unasked": report.gate.answers.as_ref().err(),
        "best": report.gate.best().map(super::gate::Policy::word),
        "rust": report.gate.rust(facts),
    });
    value.to_string()
}
