// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sizes as people write them.

/// The bytes in `text`: a number with an optional unit, K, M, G or T, each 1024 times the
/// one before; `KiB` and `kb` are the same to us.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(format!("\"{text}\" is no size: write 4096, 64K, 1M or 2G")),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| format!("\"{text}\" is no size: write 4096, 64K, 1M or 2G"))?;
    number
        .checked_mul(1 << shift)
        .filter(|bytes| i64::try_from(*bytes).is_ok())
        .ok_or_else(|| format!("\"{text}\" is more than any VMO can have"))
}

/// `bytes` as people read them.
pub(crate) fn human(bytes: u64) -> String {
    let units = [
        ("EiB", 60),
        ("PiB", 50),
        ("TiB", 40),
        ("GiB", 30),
        ("MiB", 20),
        ("KiB", 10),
    ];
    for (unit, shift) in units {
        if bytes >> shift > 0 {
            return format!("{:.1} {unit}", bytes as f64 / (1_u64 << shift) as f64);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("64K", 65536),
            ("64kib", 65536),
            ("1M", 1 << 20),
            ("2GiB", 2 << 30),
            ("3T", 3 << 40),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for (unit, shift) in [("K", 10), ("M", 20), ("G", 30), ("T", 40)] {
            for tail in ["", "B", "iB"] {
                let text = format!("5{unit}{tail}");
                assert_eq!(parse(&text), Ok(5 << shift), "{text}");
            }
        }
        assert_eq!(parse("5b"), Ok(5));
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_way_out() {
        for text in ["", "K", "-1", "1.5M", "1 M", "0x10", "M1", "1Q"] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("64K"), "{text}: {message}");
        }
        for text in ["99999999T", "9223372036854775808"] {
            assert!(parse(text).unwrap_err().contains("more than any"), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_unit() {
        assert_eq!(human(0), "0 B");
        assert_eq!(human(1023), "1023 B");
        assert_eq!(human(1536), "1.5 KiB");
        assert_eq!(human(5 << 30), "5.0 GiB");
        assert_eq!(human(3 << 40), "3.0 TiB");
        assert_eq!(human(5 << 50), "5.0 PiB");
        assert_eq!(human(i64::MAX as u64), "8.0 EiB");
    }
}
