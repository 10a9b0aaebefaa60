//! The forms of a result, and where it goes.

use std::fs;

use serde_json::Value;

use crate::{SMALL, digests, ended, folder, khulasa, names, text};

#[test]
fn text_reads_from_the_headline_to_the_model() {
    let output = khulasa(["-"]).write_stdin(SMALL).output().unwrap();
    ended(&output, 0);
    let text = text(&output.stdout);
    let order = [
        "\n\nSummary\n\n",
        "[1]",
        "\n\nTranslation\n\n",
        "\n  1  ",
        "\n  2  ",
        "gist-ar-en (gist quality)",
    ];
    let places: Vec<_> = order
        .iter()
        .map(|part| text.find(part).expect(part))
        .collect();
    assert!(places.is_sorted(), "{text}");
    assert!(
        text.starts_with(|c: char| c.is_ascii_alphabetic()),
        "{text}"
    );
    assert!(
        !text.contains('\u{1b}'),
        "no styles where there is no terminal"
    );
    assert!(text.contains("240,000") && text.contains("8,500") && text.contains("2024"));
}

#[test]
fn threads_change_no_byte() {
    let run = |threads: &str| {
        let output = khulasa(["--format", "json", "--threads", threads, "-"])
            .write_stdin(SMALL)
            .output()
            .unwrap();
        ended(&output, 0);
        output.stdout
    };
    let one = run("1");
    assert_eq!(text(&one), text(&run("2")));
    let digest: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(digest["id"], "<stdin>");
}

#[test]
fn each_command_leaves_the_other_part_out() {
    let run = |command: &str| -> Value {
        let output = khulasa([command, "--format", "json", "-"])
            .write_stdin(SMALL)
            .output()
            .unwrap();
        ended(&output, 0);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let translation = run("translate");
    assert_eq!(translation["summary"], Value::Null);
    assert_eq!(
        translation["translation"]["paragraphs"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let summary = run("summarize");
    assert_eq!(
        summary["translation"]["paragraphs"],
        Value::Array(Vec::new())
    );
    assert!(
        summary["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty())
    );
}

#[test]
fn summaries_are_as_short_as_asked() {
    let summary = |options: &[&str]| -> Vec<String> {
        let output = khulasa(["summarize", "--format", "jsonl", "-"])
            .args(options)
            .write_stdin(SMALL)
            .output()
            .unwrap();
        ended(&output, 0);
        let digest = digests(&output.stdout).remove(0);
        let sentences = digest["summary"]["sentences"].as_array().unwrap().iter();
        sentences
            .map(|s| s["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(summary(&["--summary-sentences", "2"]).len(), 2);
    let words = summary(&["--summary-words", "25"]);
    assert!(
        words
            .iter()
            .map(|s| s.split_whitespace().count())
            .sum::<usize>()
            <= 25
    );
    let written = summary(&["--summary-method", "abstractive"]);
    assert!(!written.is_empty());
}

#[test]
fn markdown_and_web_pages_hold_both_languages() {
    let run = |format: &str| {
        let output = khulasa(["--format", format, "-"])
            .write_stdin(SMALL)
            .output()
            .unwrap();
        ended(&output, 0);
        text(&output.stdout).to_owned()
    };
    let markdown = run("md");
    assert!(markdown.starts_with("# "), "{markdown}");
    assert!(markdown.contains("gist quality") && markdown.contains("8,500"));
    let page = run("html");
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    for part in [
        "dir=\"rtl\"",
        "lang=\"ar\"",
        "8500 كتاب",
        "8,500",
        "gist quality",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn several_articles_follow_one_another() {
    let articles = folder([("a.txt", SMALL), ("b.txt", SMALL)]);
    let run = |format: &str| {
        let output = khulasa(["summarize", "--format", format])
            .arg(articles.path())
            .output()
            .unwrap();
        ended(&output, 0);
        text(&output.stdout).to_owned()
    };
    let json = run("json");
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&json)
        .into_iter()
        .collect();
    assert_eq!(values.unwrap().len(), 2);
    assert_eq!(run("text").matches("\n---\n\n").count(), 1);
    assert_eq!(run("html").matches("</html>").count(), 1);
}

#[test]
fn many_at_once_are_what_they_are_alone_and_in_order() {
    let lines: Vec<&str> = SMALL.lines().filter(|line| !line.is_empty()).collect();
    let mut files: Vec<(String, String)> = (0..lines.len())
        .flat_map(|from| (from + 1..=lines.len()).map(move |to| (from, to)))
        .map(|(from, to)| (format!("{from}-{to}.txt"), lines[from..to].join("\n\n")))
        .collect();
    files.push((
        "1-2b.txt".to_owned(),
        "nothing in it to translate".to_owned(),
    ));
    let folder = folder(files.iter().map(|(name, text)| (name.as_str(), text)));
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let together = khulasa(["-q", "--format", "jsonl", folder.path().to_str().unwrap()])
        .assert()
        .code(1);
    let output = together.get_output();
    assert!(text(&output.stderr).contains(&at("1-2b.txt")));

    files.sort();
    let alone: Vec<u8> = files
        .iter()
        .flat_map(|(name, _)| {
            let command = &mut khulasa(["-q", "--format", "jsonl", &at(name)]);
            command.output().unwrap().stdout
        })
        .collect();
    assert_eq!(alone.iter().filter(|&&byte| byte == b'\n').count(), 10);
    assert!(output.stdout == alone, "the same bytes");
}

#[test]
fn a_file_holds_what_standard_output_would() {
    let articles = folder([("a.txt", SMALL)]);
    let path = articles.path().join("digest.json");
    fs::write(&path, "old").unwrap();
    let run = |options: &[&str]| {
        let output = khulasa(["summarize", "--format", "json"])
            .args(options)
            .arg(articles.path().join("a.txt"))
            .output()
            .unwrap();
        ended(&output, 0);
        output.stdout
    };
    let shown = run(&[]);
    assert_eq!(run(&["--output", path.to_str().unwrap()]), b"");
    assert_eq!(fs::read(&path).unwrap(), shown);
    assert_eq!(names(articles.path()), ["a.txt", "digest.json"]);
}

#[test]
fn a_folder_gets_a_file_for_each_article() {
    let articles = folder([
        ("in/a.txt", SMALL),
        ("in/a.html", SMALL),
        ("in/b.txt", SMALL),
    ]);
    let (input, output) = (articles.path().join("in"), articles.path().join("out/"));
    let run = khulasa(["summarize", "--format", "md", "--output"])
        .args([&output, &input])
        .output()
        .unwrap();
    ended(&run, 0);
    assert_eq!(names(&output), ["a-2.md", "a.md", "b.md"]);
}

#[test]
fn articles_are_never_overwritten() {
    let articles = folder([("a.md", SMALL)]);
    let path = articles.path().join("a.md");
    let output = khulasa(["--output"]).args([&path, &path]).output().unwrap();
    ended(&output, 2);
    assert!(text(&output.stderr).contains("name another file"));

    let output = khulasa(["summarize", "--format", "md", "--output"])
        .args([articles.path(), articles.path()])
        .output()
        .unwrap();
    ended(&output, 0);
    assert_eq!(names(articles.path()), ["a-2.md", "a.md"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), SMALL);
}
