// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fuzz target of the ring's words, over random bytes.

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn words_that_a_peer_makes_up_are_an_error_and_nothing_else(
        script in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        crate::fuzz::body(&script);
    }
}
