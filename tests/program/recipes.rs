//! The shell recipes under `examples/`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::{SMALL, digests, ended, folder, program, root};

/// Runs a recipe with the program on its path.
fn recipe(name: &str, arguments: [&Path; 2]) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = program().parent().map(Path::to_owned).into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
    Command::new("sh")
        .arg(root().join("examples").join(name))
        .args(arguments)
        .env("PATH", path)
        .env_remove("KHULASA_MODELS")
        .output()
        .unwrap()
}

#[test]
fn a_folder_becomes_json_lines_and_goes_on_where_it_stopped() {
    let pages = folder([("in/a.txt", SMALL)]);
    let (input, lines) = (pages.path().join("in"), pages.path().join("digests.jsonl"));
    ended(&recipe("folder_to_jsonl.sh", [&input, &lines]), 0);
    let first = fs::read(&lines).unwrap();
    assert_eq!(digests(&first).len(), 1);

    fs::write(input.join("b.html"), SMALL).unwrap();
    fs::write(
        &lines,
        [&first[..], b"{\"schema\":2,\"id\":\"cut o"].concat(),
    )
    .unwrap();
    ended(&recipe("folder_to_jsonl.sh", [&input, &lines]), 0);
    let both = fs::read(&lines).unwrap();
    assert!(both.starts_with(&first));
    assert_eq!(digests(&both).len(), 2);
}

#[test]
fn a_day_becomes_a_page() {
    let pages = folder([("in/a.txt", SMALL), ("in/b.txt", SMALL)]);
    let (input, page) = (pages.path().join("in"), pages.path().join("today.html"));
    ended(&recipe("daily_page.sh", [&input, &page]), 0);
    let page = fs::read_to_string(page).unwrap();
    assert_eq!(page.matches("</html>").count(), 1);
    assert!(page.contains("a.txt") && page.contains("b.txt"));
}
