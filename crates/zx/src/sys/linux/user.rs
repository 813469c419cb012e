// SPDX-License-Identifier: MIT OR Apache-2.0
//! Users, and what their numbers are worth.

/// The effective user of this process.
pub(crate) fn effective() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the number stands for one user.
///
/// Users that a namespace has no number for all appear as one number, which can be a user's as
/// well. In a namespace that maps all users there are none such.
pub(crate) fn is_one_user(uid: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let others = read("/proc/sys/kernel/overflowuid").trim().parse();
    uid != others.unwrap_or(OVERFLOW) || maps_all(&read("/proc/self/uid_map"))
}

/// What the kernel uses unless it is told otherwise.
const OVERFLOW: u32 = 65534;

/// ```text
///          0          0 4294967295
/// ```
fn maps_all(map: &str) -> bool {
    let numbers = map.split_whitespace().map(str::parse::<u32>);
    numbers.eq([Ok(0), Ok(0), Ok(u32::MAX)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_for_those_without_one_is_nobody_but_where_there_are_none() {
        assert!(maps_all("         0          0 4294967295\n"));
        assert!(!maps_all("         0       1000          1\n"));
        assert!(!maps_all("0 0 4294967295\n1 1 1\n"));
        assert!(!maps_all(""));
        assert!(is_one_user(0));
    }
}
