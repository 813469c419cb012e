// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Selection`]: which parts of the drill are asked for.

use clap::{Args, ValueEnum};

use super::targets::Kind;

/// What a peer that holds the memory can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Tier {
    /// Nobody writes
    Immutable,
    /// Only its owner writes
    Published,
    /// Everybody writes, and nobody can take it away
    Shared,
    /// Everybody can take it away
    Guarded,
    /// It never gets in
    Refused,
}

/// The parts under a heading of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Group {
    /// What this machine has
    Machine,
    /// What a second process does to memory that it was given
    Attacks,
    /// What is offered to the gate
    Gate,
}

/// What is asked for: all of it, or what is named.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Selection {
    /// Only the attacks on this tier; several with commas, or again
    #[arg(long, value_name = "TIER", value_delimiter = ',')]
    tier: Vec<Tier>,
    /// Only this group; with --tier, what either names
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    group: Vec<Group>,
}

impl Selection {
    fn is_all(&self) -> bool {
        self.tier.is_empty() && self.group.is_empty()
    }

    fn has(&self, tier: Tier, group: Group) -> bool {
        self.is_all() || self.tier.contains(&tier) || self.group.contains(&group)
    }

    /// Whether the facts about this machine are wanted.
    pub(super) fn machine(&self) -> bool {
        self.is_all() || self.group.contains(&Group::Machine)
    }

    /// Whether the gate is.
    pub(super) fn gate(&self) -> bool {
        self.has(Tier::Refused, Group::Gate)
    }

    /// Whether attacks that are about no tier are.
    pub(super) fn elsewhere(&self) -> bool {
        self.is_all() || self.group.contains(&Group::Attacks)
    }

    /// The kinds of memory that are to be attacked.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let wanted = |kind: &Kind| {
            let tier = match kind {
                Kind::Immutable => Tier::Immutable,
                Kind::Published => Tier::Published,
                Kind::Shared => Tier::Shared,
                Kind::Guarded => Tier::Guarded,
            };
            self.has(tier, Group::Attacks)
        };
        Kind::ALL.into_iter().filter(wanted).collect()
    }

    /// What does not run, by name.
    pub(super) fn left_out(&self) -> Vec<&'static str> {
        let kinds = self.kinds();
        let left_out = |kind: &Kind| !kinds.contains(kind);
        let mut names = Vec::new();
        if !self.machine() {
            names.push("machine");
        }
        names.extend(Kind::ALL.into_iter().filter(left_out).map(Kind::name));
        if !self.gate() {
            names.push("refused");
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(tier: &[Tier], group: &[Group]) -> Selection {
        let (tier, group) = (tier.to_vec(), group.to_vec());
        Selection { tier, group }
    }

    #[test]
    fn without_a_name_nothing_is_left_out() {
        let all = selection(&[], &[]);
        assert!(all.machine() && all.gate() && all.elsewhere());
        assert_eq!(all.kinds(), Kind::ALL);
        assert!(all.left_out().is_empty());
    }

    #[test]
    fn what_is_left_out_is_what_neither_names() {
        let one = selection(&[Tier::Shared], &[]);
        assert_eq!(one.kinds(), [Kind::Shared]);
        let rest = ["machine", "immutable", "published", "guarded", "refused"];
        assert_eq!(one.left_out(), rest);
        let both = selection(&[Tier::Guarded, Tier::Refused], &[Group::Machine]);
        assert_eq!(both.left_out(), ["immutable", "published", "shared"]);
        let attacks = selection(&[], &[Group::Attacks]);
        assert_eq!(attacks.left_out(), ["machine", "refused"]);
        assert!(attacks.elsewhere() && !one.elsewhere());
        let gate = selection(&[], &[Group::Gate]);
        assert!(gate.gate() && gate.kinds().is_empty());
    }
}
