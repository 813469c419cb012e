// SPDX-License-Identifier: MIT OR Apache-2.0
//! The facts of the machine and of the build that a record is worth nothing without.

use std::ffi::CStr;
use std::fs::read_to_string;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};

/// What this ran on and was built with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// What the directory of its records is called.
    pub name: String,
    pub cpu: String,
    pub family_model_stepping: [u32; 3],
    /// Those that a copy may use.
    pub flags: Vec<String>,
    pub cores: usize,
    pub caches: Vec<String>,
    pub kernel: String,
    pub libc: String,
    pub rustc: String,
    pub rustflags: String,
    /// Whether the flags pin the code's layout.
    pub layout_pinned: bool,
    pub profile: String,
    pub date: String,
    /// The load of the minute before, which says how quiet it was.
    pub load: String,
}

impl Machine {
    /// Asks.
    pub fn look() -> Self {
        let cpuinfo = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let number = |key| field(&cpuinfo, key).parse().unwrap_or(0);
        let all: Vec<&str> = field(&cpuinfo, "flags").split(' ').collect();
        let cpu = field(&cpuinfo, "model name").to_owned();
        let model = [number("cpu family"), number("model"), number("stepping")];
        let rustflags = env!("BENCH_FLAGS").to_owned();
        Self {
            name: name(&cpu, model, &all),
            cpu,
            family_model_stepping: model,
            flags: ["sse2", "avx2", "avx512f", "erms", "fsrm", "hypervisor"]
                .into_iter()
                .filter(|flag| all.contains(flag))
                .map(str::to_owned)
                .collect(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            caches: caches(),
            kernel: line("/proc/sys/kernel/osrelease"),
            libc: libc_version(),
            rustc: env!("BENCH_RUSTC").to_owned(),
            layout_pinned: rustflags.contains("align-all-nofallthru-blocks"),
            rustflags,
            profile: env!("BENCH_PROFILE").to_owned(),
            date: date(),
            load: line("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or("")
                .to_owned(),
        }
    }
}

/// The first value of a key in /proc/cpuinfo.
fn field<'a>(cpuinfo: &'a str, key: &str) -> &'a str {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut values = pairs.filter(|(name, _)| name.trim() == key);
    values.next().map_or("", |(_, value)| value.trim())
}

/// `epyc-zen4-vm`: the brand, what family and model say, and whether it is a guest.
fn name(cpu: &str, model: [u32; 3], flags: &[&str]) -> String {
    let brand = cpu.split(' ').find(|word| {
        let word = word.to_lowercase();
        ["epyc", "ryzen", "xeon", "core", "neoverse"].contains(&word.as_str())
    });
    let core = match model {
        [25, 0x00..=0x0f | 0x20..=0x5f, _] => "zen3".to_owned(),
        [25, 0x10..=0x1f | 0x60..=0xaf, _] => "zen4".to_owned(),
        [23, 0x30..=0xff, _] => "zen2".to_owned(),
        [26, ..] => "zen5".to_owned(),
        [family, model, _] => format!("family{family}-model{model}"),
    };
    let guest = if flags.contains(&"hypervisor") {
        "-vm"
    } else {
        ""
    };
    format!("{}-{core}{guest}", brand.unwrap_or("cpu").to_lowercase())
}

fn line(path: &str) -> String {
    read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn caches() -> Vec<String> {
    let cache = |i: usize| {
        let of = |what| {
            line(&format!(
                "/sys/devices/system/cpu/cpu0/cache/index{i}/{what}"
            ))
        };
        (!of("level").is_empty()).then(|| format!("L{} {} {}", of("level"), of("type"), of("size")))
    };
    (0..).map_while(cache).collect()
}

#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "rustix does not have the version of libc")]
fn libc_version() -> String {
    // SAFETY: glibc returns a constant string.
    let version = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    format!("glibc {}", version.to_string_lossy())
}

#[cfg(not(target_env = "gnu"))]
fn libc_version() -> String {
    "not glibc".to_owned()
}

/// From where on memcpy uses `rep movsb`, as glibc's loader tells in this environment.
pub fn rep_movsb_threshold() -> Option<String> {
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let output = Command::new(loader).arg("--list-tunables").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text
        .lines()
        .find(|line| line.contains("x86_rep_movsb_threshold"))?;
    let value = line.split_once(": ")?.1;
    Some(value.split(' ').next()?.to_owned())
}

/// Stays on one core from here on, the last of those that are allowed.
pub fn pin() -> Option<usize> {
    let allowed = sched_getaffinity(None).ok()?;
    let core = (0..CpuSet::MAX_CPU)
        .rev()
        .find(|core| allowed.is_set(*core))?;
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).ok().map(|()| core)
}

/// Today, in UTC.
fn date() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (year, month, day) = civil(now.as_secs() / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970 as a date; years start in March, so that leap days come last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_781), (2026, 11, 24));
    }

    #[test]
    fn a_machine_is_called_by_its_processor() {
        let guest = ["avx2", "hypervisor"];
        assert_eq!(name("AMD EPYC", [25, 17, 1], &guest), "epyc-zen4-vm");
        assert_eq!(name("AMD EPYC 7763", [25, 1, 1], &[]), "epyc-zen3");
        assert_eq!(
            name("Intel(R) Xeon(R)", [6, 143, 8], &guest),
            "cpu-family6-model143-vm"
        );
    }
}
