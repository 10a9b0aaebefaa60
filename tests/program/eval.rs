//! Test sets in, scores, tables and pages out.

use std::fs;

use serde_json::Value;

use crate::{ended, folder, khulasa, text};

const ARABIC: &str = "افتتحت بلدية نابلس مكتبة عامة تضم 8500 كتاب.\n\nوقال رئيس البلدية إن المشروع استغرق 3 سنوات. وتأمل المعلمة أن يقرأ الأطفال أكثر.\n";
const ENGLISH: &str = "The municipality of Nablus opened a public library with 8,500 books.\n\nThe mayor said the project took three years. The teacher hopes children will read more.\n";

#[test]
fn lines_are_translated_and_measured() {
    let files = folder([("a.ar", ARABIC), ("a.en", ENGLISH)]);
    let path = |name: &str| files.path().join(name).display().to_string();
    let (source, reference, table) = (path("a.ar"), path("a.en"), path("a.tsv"));
    let arguments = [
        "eval",
        "--source",
        &source,
        "--reference",
        &reference,
        "--tsv",
        &table,
    ];
    let output = khulasa(arguments)
        .args(["--format", "json"])
        .output()
        .unwrap();
    ended(&output, 0);
    assert_eq!(text(&output.stderr), "");
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    let system = &figures["systems"][0];
    assert_eq!(system["name"], "gist-ar-en");
    assert_eq!(system["sentences"], 3);
    let scores = system["scores"].as_array().unwrap();
    let names: Vec<&str> = scores
        .iter()
        .map(|s| s["metric"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["BLEU", "chrF2", "chrF2++", "TER"]);
    let chrf = &scores[1];
    assert!(chrf["score"].as_f64().unwrap() > 40.0, "{chrf}");
    assert!(chrf["low"].as_f64().unwrap() <= chrf["high"].as_f64().unwrap());
    assert!(
        chrf["signature"]
            .as_str()
            .unwrap()
            .starts_with("nrefs:1|bs:1000|seed:12345|")
    );
    assert!(figures["run"]["words_per_second"].as_f64().unwrap() > 0.0);

    let lines = fs::read_to_string(&table).unwrap();
    let rows: Vec<Vec<&str>> = lines
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        (rows[2][0], rows[2][2]),
        ("", ""),
        "an empty line stays one"
    );
    assert!(rows[1][5].parse::<f64>().unwrap() < 0.0, "{rows:?}");

    // The table is a system of its own; somebody else's lines are another one.
    let other = path("other.en");
    fs::write(&other, ENGLISH.replace("8,500", "850")).unwrap();
    let page = path("page.html");
    let compare = [
        "eval",
        "--compare",
        &table,
        &other,
        "--reference",
        &reference,
    ];
    let output = khulasa(compare)
        .args(["--source", &source, "--report", &page])
        .output()
        .unwrap();
    ended(&output, 0);
    let told = text(&output.stdout);
    for part in [
        "a: 3 sentences",
        "other: 3 sentences",
        "number 1",
        ", p = 0.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Where other is ahead of a") && page.contains("<svg"));
}

#[test]
fn translations_are_measured_without_a_model() {
    let files = folder([
        ("h.en", "the cat sat on a mat\n"),
        ("r.en", "the cat sat on the mat\n"),
        ("s.en", "a cat lay on a mat\n"),
    ]);
    let [hypothesis, first, second] =
        ["h.en", "r.en", "s.en"].map(|name| files.path().join(name).display().to_string());
    let output = khulasa([
        "eval",
        "--hypothesis",
        &hypothesis,
        "--reference",
        &first,
        "--reference",
        &second,
    ])
    .env("KHULASA_MODELS", files.path())
    .output()
    .unwrap();
    ended(&output, 0);
    let told = text(&output.stdout);
    // sacrebleu's figures for these lines.
    assert!(
        told.contains("BLEU      70.71 ") && told.contains("BLEU|nrefs:2|"),
        "{told}"
    );
    assert!(
        !told.contains("flagged"),
        "nothing can be checked without the source: {told}"
    );
}

#[test]
fn articles_and_their_summaries() {
    let article = r#"{"id": "1", "title": ["افتتاح مكتبة في نابلس", "Library opens in Nablus"], "sentences": [
        ["افتتحت بلدية نابلس مكتبة عامة تضم 8500 كتاب.", "Nablus opened a public library with 8,500 books."],
        ["وقال رئيس البلدية إن المشروع استغرق ثلاث سنوات كاملة.", "The mayor said the project took three whole years."]
        ], "summary": "Nablus opened a public library with 8,500 books."}"#;
    let files = folder([("a.jsonl", article.replace('\n', " "))]);
    let path = files.path().join("a.jsonl").display().to_string();
    let output = khulasa(["eval", "--jsonl", &path, "--format", "json"])
        .output()
        .unwrap();
    ended(&output, 0);
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(figures["systems"][0]["sentences"], 3, "the title is one");
    let methods = figures["summaries"]["methods"].as_array().unwrap();
    let names: Vec<&str> = methods
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["lead-3", "extractive", "abstractive"]);
    for method in methods {
        assert_eq!(method["scores"].as_array().unwrap().len(), 3);
        assert!(
            method["scores"][0]["score"].as_f64().unwrap() > 20.0,
            "{method}"
        );
    }
    assert!(methods[0]["scores"][0]["p_value"].is_null());
    assert!(methods[1]["scores"][0]["p_value"].is_f64());
}

#[test]
fn what_does_not_belong_together_is_named() {
    let files = folder([
        ("a.ar", &b"\xd8\xa7\n\xd8\xa8\n"[..]),
        ("a.en", b"a\n"),
        ("bad.en", b"a\n\xff\n"),
        ("a.jsonl", b"\n{}\n"),
        ("broken.tsv", b"source\thypothesis\n"),
    ]);
    let path = |name: &str| files.path().join(name).display().to_string();
    let (source, short, bad) = (path("a.ar"), path("a.en"), path("bad.en"));
    let (articles, broken) = (path("a.jsonl"), path("broken.tsv"));
    for (arguments, part) in [
        (
            &["--source", &source, "--reference", &short][..],
            "a.en has 1 lines, but",
        ),
        (
            &["--source", &source, "--reference", &bad],
            "bad.en: cannot be read: line 2 is not UTF-8",
        ),
        (&["--source", &source], "--reference"),
        (&["--reference", &short], "--source"),
        (&["--jsonl", &articles], "a.jsonl: line 2: "),
        (&["--compare", &broken, &broken], "broken.tsv: line 1: "),
        (
            &[
                "--hypothesis",
                &short,
                "--reference",
                &short,
                "--tsv",
                &short,
            ],
            "name another file",
        ),
    ] {
        let output = khulasa(["eval", "--quiet"])
            .args(arguments)
            .output()
            .unwrap();
        ended(&output, 2);
        assert!(
            text(&output.stderr).contains(part),
            "{part}: {}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stdout), "");
    }
}
