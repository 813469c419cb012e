// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Seals`]: what nobody can do to an object any more.

use core::fmt;
use core::ops::BitOr;

/// The seals of an object, as the kernel has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seals(u32);

/// Each seal with its word.
const WORDS: [(Seals, &str); 6] = [
    (Seals::SHRINK, "shrink"),
    (Seals::GROW, "grow"),
    (Seals::WRITE, "write"),
    (Seals::FUTURE_WRITE, "future-write"),
    (Seals::SEAL, "seal"),
    (Seals::EXEC, "exec"),
];

impl Seals {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// No further seal can be added.
    pub const SEAL: Self = Self(1);
    /// It can't get smaller: no access within its size faults.
    pub const SHRINK: Self = Self(2);
    /// It can't get larger.
    pub const GROW: Self = Self(4);
    /// Its bytes can't change.
    pub const WRITE: Self = Self(8);
    /// Its bytes change only through mappings that were there before.
    pub const FUTURE_WRITE: Self = Self(16);
    /// Its executable bits can't change.
    pub const EXEC: Self = Self(32);

    /// Those whose bits `F_GET_SEALS` sets in `bits`; bits that have no word yet are kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::Seals;
    ///
    /// assert_eq!(Seals::from_bits(6), Seals::SHRINK | Seals::GROW);
    /// ```
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// As the kernel writes them.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vmo_census::Seals::WRITE.bits(), 8);
    /// ```
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` are among these.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::Seals;
    ///
    /// let seals = Seals::SHRINK | Seals::SEAL;
    /// assert!(seals.contains(Seals::SHRINK) && !seals.contains(Seals::WRITE));
    /// ```
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of those that are set.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::Seals;
    ///
    /// let words: Vec<_> = (Seals::GROW | Seals::SHRINK).words().collect();
    /// assert_eq!(words, ["shrink", "grow"]);
    /// ```
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let set = WORDS.iter().filter(move |(seal, _)| self.contains(*seal));
        set.map(|(_, word)| *word)
    }
}

impl BitOr for Seals {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// `shrink grow seal`, or `none`.
impl fmt::Display for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.words().collect();
        let unknown = self.0 & !WORDS.iter().fold(0, |all, (seal, _)| all | seal.0);
        match (words.is_empty(), unknown) {
            (true, 0) => f.write_str("none"),
            (_, 0) => f.write_str(&words.join(" ")),
            (true, _) => write!(f, "{unknown:#x}"),
            (false, _) => write!(f, "{} {unknown:#x}", words.join(" ")),
        }
    }
}
