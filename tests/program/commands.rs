//! The other commands, help, and files that are named like commands.

use std::path::Path;

use serde_json::Value;

use crate::{SMALL, ended, folder, khulasa, text};

fn stdout<const N: usize>(arguments: [&str; N]) -> String {
    let output = khulasa(arguments).output().unwrap();
    ended(&output, 0);
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout).to_owned()
}

#[test]
fn help_shows_how_to_begin() {
    let help = stdout(["--help"]);
    for part in [
        "Usage: khulasa",
        "Examples:",
        "Exit status: 0 done",
        "--summary-words",
    ] {
        assert!(help.contains(part), "{part}");
    }
    assert!(!stdout(["translate", "-h"]).contains("--summary"));
}

#[test]
fn models() {
    let list = stdout(["models", "list"]);
    let line = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("gist-ar-en ").contains("  gist quality  "), "{list}");
    assert!(
        line("opus-mt-ar-en ").contains("  quality unknown  "),
        "{list}"
    );
    let card = stdout(["models", "show", "gist-ar-en"]);
    assert!(card.contains("Gemma Terms of Use"), "{card}");
    assert!(Path::new(stdout(["models", "path"]).trim()).is_file());

    let output = khulasa(["models", "show", "no-such-model"])
        .output()
        .unwrap();
    ended(&output, 2);
    assert!(
        text(&output.stderr).contains("gist-ar-en"),
        "says what there is"
    );
}

#[test]
fn completions_and_manual() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(["completions", shell]);
        assert!(script.contains("summary-sentences"), "{shell}");
    }
    assert!(stdout(["man"]).contains(".TH khulasa"));
}

#[test]
fn bench_counts() {
    let article = folder([("a.txt", SMALL)]);
    let path = article.path().join("a.txt");
    let output = khulasa(["bench", "--runs", "2", "--json"])
        .arg(&path)
        .output()
        .unwrap();
    ended(&output, 0);
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let runs = figures["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run["sentences"], 6);
        for figure in ["input_tokens", "output_tokens"] {
            assert!(run[figure].as_u64().unwrap() > 40, "{run}");
            assert_eq!(run[figure], runs[0][figure], "every run does the same");
        }
        let seconds = |name: &str| run[name].as_f64().unwrap();
        assert!(seconds("first_sentence_seconds") <= seconds("seconds"));
    }
    let table = khulasa(["bench", "--runs", "1"])
        .arg(&path)
        .output()
        .unwrap();
    ended(&table, 0);
    assert!(text(&table.stdout).contains("tokens/s out"));
}

#[test]
fn files_named_like_commands() {
    let articles = folder([("translate", SMALL)]);
    let run = |arguments: &[&str]| {
        let mut command = khulasa([]);
        command
            .args(arguments)
            .current_dir(articles.path())
            .output()
            .unwrap()
    };
    let output = run(&["./translate"]);
    ended(&output, 0);
    assert!(text(&output.stdout).contains("./translate: translated by"));
    ended(&run(&["translate"]), 2);
    let output = run(&["--quiet", "summarize", "./translate"]);
    ended(&output, 1);
    assert!(text(&output.stderr).contains("a command stands before all options"));
}
