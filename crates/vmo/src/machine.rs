// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Machine`]: where figures and answers come from.

use serde_json::{Map, Value, json};
use vmo_census::escape;

/// This machine, as far as figures depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    kernel: String,
    arch: String,
    /// What its maker calls it, where the kernel says.
    cpu: Option<String>,
    /// How many of them this process may use.
    cpus: usize,
}

/// Whether the compiler was asked for speed.
const BUILD: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "release"
};

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let system = rustix::system::uname();
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            kernel: escape(system.release().to_bytes()),
            arch: escape(system.machine().to_bytes()),
            cpu: model(&info),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        let Self { kernel, arch, .. } = self;
        let cpus = match self.cpus {
            1 => "1 CPU".to_owned(),
            cpus => format!("{cpus} CPUs"),
        };
        let cpu = self.cpu.as_ref();
        let cpu = cpu.map_or_else(String::new, |cpu| format!("{cpu}, "));
        let build = match BUILD {
            "debug" => " (debug build)",
            _ => "",
        };
        let version = env!("CARGO_PKG_VERSION");
        format!("{cpu}{cpus}, Linux {kernel} {arch}, vmo {version}{build}")
    }

    /// For machines.
    pub(crate) fn facts(&self) -> Map<String, Value> {
        let facts = [
            ("kernel", json!(self.kernel)),
            ("arch", json!(self.arch)),
            ("cpu", json!(self.cpu)),
            ("cpus", json!(self.cpus)),
            ("vmo", json!(env!("CARGO_PKG_VERSION"))),
            ("build", json!(BUILD)),
        ];
        let facts = facts.into_iter();
        facts.map(|(key, fact)| (key.to_owned(), fact)).collect()
    }
}

/// What /proc/cpuinfo calls the first processor.
fn model(info: &str) -> Option<String> {
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = lines.find(|(key, _)| key.trim() == "model name")?;
    let words: Vec<&str> = name.split_whitespace().collect();
    (!words.is_empty()).then(|| escape(words.join(" ").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_first_processor_is_taken_where_there_is_one() {
        let info = "processor\t: 0\nmodel name\t: AMD  EPYC \nmodel name\t: B\n";
        assert_eq!(model(info).as_deref(), Some("AMD EPYC"));
        assert_eq!(model("processor : 0\nBogoMIPS : 50.0\n"), None);
        assert_eq!(model("model name :\n"), None);
        assert_eq!(model("model name: \x1b[1m").as_deref(), Some(r"\x1b[1m"));
    }

    #[test]
    fn the_line_and_the_facts_say_the_same() {
        let machine = Machine::this();
        let facts = machine.facts();
        for key in ["kernel", "arch", "vmo"] {
            let fact = facts.get(key).and_then(Value::as_str).unwrap_or("?");
            assert!(machine.line().contains(fact), "{key}: {}", machine.line());
        }
    }
}
