// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Goal`]: what is wanted, and what was measured.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::rounds::rounded;

/// One goal.
#[derive(Debug, Serialize, Deserialize)]
pub struct Goal {
    pub what: String,
    pub measured: f64,
    /// `<=` or `>=`.
    pub relation: String,
    pub limit: f64,
    pub met: bool,
    /// What is worst, or misses.
    pub detail: String,
}

impl Goal {
    /// Met up to `limit`.
    #[must_use]
    pub fn at_most(what: impl Into<String>, measured: f64, limit: f64) -> Self {
        Self {
            what: what.into(),
            measured: rounded(measured),
            relation: "<=".to_owned(),
            limit,
            met: measured <= limit,
            detail: String::new(),
        }
    }

    /// Met from `limit` on.
    #[must_use]
    pub fn at_least(what: impl Into<String>, measured: f64, limit: f64) -> Self {
        Self {
            relation: ">=".to_owned(),
            met: measured >= limit,
            ..Self::at_most(what, measured, limit)
        }
    }

    /// With what is worst.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// Prints all of them.
///
/// # Errors
///
/// If nobody takes it.
pub fn print(goals: &[Goal], out: &mut dyn Write) -> io::Result<()> {
    let met = goals.iter().filter(|goal| goal.met).count();
    writeln!(out, "\n{met} of {} goals are met", goals.len())?;
    for goal in goals {
        let verdict = if goal.met { "met   " } else { "MISSED" };
        writeln!(
            out,
            "{verdict} {:<52} {:>7.3} {} {:.2}  {}",
            goal.what,
            goal.measured,
            goal.relation,
            goal.limit,
            shortened(&goal.detail)
        )?;
    }
    Ok(())
}

/// The first of many details. The record has them all.
fn shortened(detail: &str) -> String {
    const SHOWN: usize = 6;
    let all: Vec<&str> = detail.split("; ").collect();
    match all.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => {
            format!("{}; and {} more", all[..SHOWN].join("; "), rest.len())
        }
        _ => detail.to_owned(),
    }
}
