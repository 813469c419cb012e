// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo completions` and `vmo man`: what a package of this program installs beside it, made
//! of the same description that parses the arguments.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::object::shown;
use crate::usage::Misuse;
use crate::{Failure, command};

/// What `vmo completions --help` ends with.
pub(crate) const COMPLETIONS: &str = "\
Examples:
  vmo completions bash > ~/.local/share/bash-completion/completions/vmo
  vmo completions zsh > ~/.zfunc/_vmo          # a folder of your fpath
  vmo completions fish > ~/.config/fish/completions/vmo.fish";

/// What `vmo man --help` ends with.
pub(crate) const PAGES: &str = "\
Examples:
  vmo man ls | man -l -
  vmo man --dir ~/.local/share/man/man1        # then: man vmo, man vmo-ls";

/// Arguments of `vmo completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

/// Arguments of `vmo man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Of this verb; of `vmo` itself if none is given
    #[arg(value_name = "VERB", conflicts_with = "dir")]
    verb: Option<String>,
    /// Write the pages of all verbs into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the completions.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<bool, Failure> {
    let mut script = Vec::new();
    // Into memory first: it panics where it can't write.
    clap_complete::generate(args.shell, &mut command(), "vmo", &mut script);
    stdout().lock().write_all(&script)?;
    Ok(true)
}

/// Prints one page, or writes them all.
pub(crate) fn man(args: &ManArgs) -> Result<bool, Failure> {
    let pages = pages();
    if let Some(dir) = &args.dir {
        return write_all(&pages, dir);
    }
    let name = match &args.verb {
        Some(verb) => format!("vmo-{verb}"),
        None => "vmo".to_owned(),
    };
    let page = pages.iter().find(|page| page.name == name).ok_or_else(|| {
        let verb = args.verb.as_deref().unwrap_or_default().escape_debug();
        Misuse(format!("there is no verb \"{verb}\"; see vmo --help"))
    })?;
    stdout().lock().write_all(&page.text()?)?;
    Ok(true)
}

/// A page that is to be.
#[derive(Debug)]
struct Page {
    name: String,
    command: Command,
}

impl Page {
    fn text(&self) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        let man = Man::new(self.command.clone())
            .title(self.name.to_uppercase())
            .source(concat!("vmo ", env!("CARGO_PKG_VERSION")))
            .manual("User commands");
        man.render(&mut text)?;
        Ok(laid_out(&String::from_utf8(text)?).into_bytes())
    }
}

/// The page with its last text as it is meant: what is indented stays as it is, and is no
/// paragraph to be filled.
fn laid_out(page: &str) -> String {
    let Some((before, notes)) = page.split_once(".SH EXTRA\n") else {
        return page.to_owned();
    };
    let mut text = format!("{before}.SH NOTES\n");
    let mut verbatim = false;
    for line in notes.lines() {
        let indented = line.starts_with("  ");
        match (verbatim, indented) {
            (false, true) => text.push_str(".nf\n"),
            (true, false) => text.push_str(".fi\n"),
            _ => {}
        }
        verbatim = indented;
        text.push_str(if line.is_empty() { ".PP" } else { line });
        text.push('\n');
    }
    if verbatim {
        text.push_str(".fi\n");
    }
    text
}

/// One page per verb, and one for the program.
fn pages() -> Vec<Page> {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    collect(&root, "vmo", &mut pages);
    pages
}

fn collect(command: &Command, name: &str, pages: &mut Vec<Page>) {
    pages.push(Page {
        name: name.to_owned(),
        command: command.clone().display_name(name),
    });
    for verb in command.get_subcommands() {
        if verb.get_name() != "help" {
            collect(verb, &format!("{name}-{}", verb.get_name()), pages);
        }
    }
}

fn write_all(pages: &[Page], dir: &Path) -> Result<bool, Failure> {
    let problem = |path: &Path, error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(dir).map_err(|error| problem(dir, error))?;
    for page in pages {
        let path = dir.join(format!("{}.1", page.name));
        std::fs::write(&path, page.text()?).map_err(|error| problem(&path, error))?;
    }
    writeln!(stdout().lock(), "{} pages in {}", pages.len(), shown(dir))?;
    Ok(true)
}
