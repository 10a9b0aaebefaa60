//! The program as its users meet it: arguments in, bytes and an exit status out.

#![allow(clippy::unwrap_used)]

mod bad_input;
mod commands;
mod eval;
mod formats;
mod glossary;
mod hub;
mod recipes;
mod samples;
mod streams;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

/// A short article: a title, two paragraphs and a sub-heading between them.
const SMALL: &str = "\
افتتاح مكتبة عامة في مدينة نابلس

افتتحت بلدية نابلس يوم الأحد 12 أيار 2024 مكتبة عامة تضم 8500 كتاب. وقال رئيس البلدية إن المشروع كلف 240 ألف دولار واستغرق 3 سنوات.

ماذا بعد؟

ستفتح المكتبة أبوابها كل يوم من الساعة 9 صباحا. وتأمل المعلمة سعاد أن يقرأ الأطفال أكثر.
";

/// The program, with these arguments and nothing of its caller's surroundings.
fn khulasa<const N: usize>(arguments: [&str; N]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(program());
    command
        .args(arguments)
        .env_remove("KHULASA_MODELS")
        .current_dir(root());
    command
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_khulasa"))
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with these files in it.
fn folder<'a, B: AsRef<[u8]> + 'a>(files: impl IntoIterator<Item = (&'a str, B)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Asserts how a run ended, and shows what it said if it ended otherwise.
#[track_caller]
fn ended(output: &Output, status: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
}

/// The digests in JSON Lines.
fn digests(lines: &[u8]) -> Vec<serde_json::Value> {
    let lines = text(lines).lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
