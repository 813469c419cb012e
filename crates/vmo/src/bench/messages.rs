// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is sent: neighbours differ, so one that was lost, kept or torn is noticed.

/// How many bytes of different messages there are, about: they fit in the first cache.
const POOL: usize = 16 << 10;
/// How much is looked at of each end.
const END: usize = 8;

/// The messages of one length. Both processes have the same.
#[derive(Debug)]
pub(super) struct Messages {
    pool: Vec<Vec<u8>>,
}

impl Messages {
    pub(super) fn new(size: usize) -> Self {
        let count = POOL.checked_div(size).unwrap_or(0).clamp(2, 16);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut byte = || {
            // xorshift: no byte tells the next.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        let mut message = |_| (0..size).map(|_| byte()).collect();
        let pool = (0..count).map(&mut message).collect();
        Self { pool }
    }

    /// The message of that number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> &[u8] {
        let count = self.pool.len().max(1);
        let place = usize::try_from(number).unwrap_or(0) % count;
        self.pool.get(place).map_or(&[], Vec::as_slice)
    }

    /// Whether that looks like the message of that number: its length and both ends.
    #[inline]
    pub(super) fn resembles(&self, number: u32, bytes: &[u8]) -> bool {
        let message = self.get(number);
        bytes.len() == message.len()
            && bytes.first_chunk::<END>() == message.first_chunk::<END>()
            && bytes.last_chunk::<END>() == message.last_chunk::<END>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_not_taken_for_its_neighbour() {
        for size in [64, 4096, 65_536] {
            let messages = Messages::new(size);
            for number in 0..20 {
                let bytes = messages.get(number);
                assert_eq!(bytes.len(), size);
                assert!(messages.resembles(number, bytes));
                assert!(!messages.resembles(number + 1, bytes));
                assert!(!messages.resembles(number, &bytes[1..]));
            }
        }
    }

    #[test]
    fn both_ends_are_looked_at() {
        let messages = Messages::new(64);
        for at in [0, 63] {
            let mut bytes = messages.get(3).to_vec();
            bytes[at] ^= 1;
            assert!(!messages.resembles(3, &bytes), "{at}");
        }
    }
}
