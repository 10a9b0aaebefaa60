//! The library's examples under `examples/`, run as they stand.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs an example from the root of the repository and returns what it prints.
fn run(name: &str, arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(example(name))
        .args(arguments)
        .env_remove("KHULASA_MODELS")
        .current_dir(root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Where cargo puts an example: beside the folder of the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let path = folder
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "build it first: cargo build --release -p khulasa --examples"
    );
    path
}

/// A short article.
fn article(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("article.txt");
    let text = "افتتاح مكتبة عامة في مدينة نابلس\n\nافتتحت بلدية نابلس مكتبة عامة تضم 8500 كتاب. وقال رئيس البلدية إن المشروع استغرق 3 سنوات.\n";
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn digest_file() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("digest_file", &[&article(&folder)]);
    assert!(
        printed.contains("8,500") && printed.contains("8500 كتاب"),
        "{printed}"
    );
    assert!(printed.ends_with("gist quality.\n"), "{printed}");
}

#[test]
fn translate_sentences() {
    let printed = run("translate_sentences", &[]);
    assert!(printed.contains("متى يصل القطار؟\n    "), "{printed}");
    assert!(printed.contains("for 3 sentences"), "{printed}");
}

#[test]
fn own_summarizer() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("own_summarizer", &[&article(&folder)]);
    assert!(
        printed.contains("Summary") && printed.contains("8,500"),
        "{printed}"
    );
}

#[test]
fn bilingual_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let article = article(&folder);
    run("bilingual_page", &[page.to_str().unwrap(), &article]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains("8500 كتاب") && page.contains("8,500"),
        "{page}"
    );
}
