//! The sample articles, worked through once; what must hold for every sentence of their digests.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;

use crate::{digests, ended, khulasa, root};

const SAMPLES: [&str; 3] = [
    "examples/articles/news.txt",
    "examples/articles/feature.html",
    "examples/articles/opinion.txt",
];

fn samples() -> &'static [Value] {
    static SAMPLES_DIGESTS: OnceLock<Vec<Value>> = OnceLock::new();
    SAMPLES_DIGESTS.get_or_init(|| {
        let output = khulasa(["--format", "jsonl"])
            .args(SAMPLES)
            .output()
            .unwrap();
        ended(&output, 0);
        assert!(output.stderr.is_empty(), "standard error is no terminal");
        digests(&output.stdout)
    })
}

fn paragraphs(digest: &Value) -> &[Value] {
    digest["translation"]["paragraphs"].as_array().unwrap()
}

fn sentences(paragraph: &Value) -> &[Value] {
    paragraph["sentences"].as_array().unwrap()
}

fn str(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn has_flag(sentence: &Value, kind: &str) -> bool {
    let flags = sentence["flags"].as_array();
    flags.is_some_and(|flags| flags.iter().any(|flag| flag["kind"] == kind))
}

#[test]
fn every_article_is_delivered_in_order_with_its_model() {
    let ids: Vec<_> = samples().iter().map(|d| str(&d["id"])).collect();
    assert_eq!(ids, SAMPLES);
    for digest in samples() {
        assert_eq!(digest["schema"], 2);
        assert_eq!(digest["encoding"], "UTF-8");
        assert_eq!(digest["model"]["name"], "gist-ar-en");
        assert_eq!(digest["model"]["quality"], "gist");
        assert!(digest.get("timings").is_none(), "outputs are reproducible");
    }
}

/// The parts that a reader sees are those of the reference, which a person has told apart.
#[test]
fn parts_are_told_apart() {
    for digest in samples() {
        let article = root().join(str(&digest["id"]));
        let is_page = article.extension().is_some_and(|e| e == "html");
        let reference = fs::read(article.with_extension("reference.json")).unwrap();
        let reference: Value = serde_json::from_slice(&reference).unwrap();
        let parts = |paragraphs: &[Value]| -> Vec<(String, String)> {
            let part = |p: &Value| {
                let words = sentences(p)
                    .iter()
                    .flat_map(|s| str(&s["source"]).split_whitespace());
                let text = words.collect::<Vec<_>>().join(" ");
                (str(&p["kind"]).to_owned(), text)
            };
            // A page's date line is that of its metadata where it has one.
            let left_out =
                |p: &Value| p["kind"] == "boilerplate" || is_page && p["kind"] == "dateline";
            let kept = paragraphs.iter().filter(|p| !left_out(p));
            kept.map(part).collect()
        };
        let expected = parts(reference["paragraphs"].as_array().unwrap());
        let found = parts(paragraphs(digest));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn paragraphs_and_sentences_are_one_to_one_with_the_source() {
    for digest in samples() {
        let path = root().join(str(&digest["id"]));
        let is_plain = path.extension().is_some_and(|e| e == "txt");
        let article = fs::read_to_string(path).unwrap();
        let span = |of: &Value| {
            let bound = |name: &str| usize::try_from(of["span"][name].as_u64().unwrap()).unwrap();
            bound("start")..bound("end")
        };
        for (p, paragraph) in paragraphs(digest).iter().enumerate() {
            let source = str(&paragraph["source"]);
            let start = span(paragraph).start;
            if is_plain {
                assert_eq!(&article[span(paragraph)], source);
            }
            let mut end = 0;
            for (s, sentence) in sentences(paragraph).iter().enumerate() {
                assert_eq!(sentence["id"], serde_json::json!([p, s]));
                let place = span(sentence).start - start..span(sentence).end - start;
                assert!(source[end..place.start].trim().is_empty(), "{source}");
                assert_eq!(&source[place.clone()], str(&sentence["source"]));
                end = place.end;
            }
            assert!(source[end..].trim().is_empty(), "{source}");
        }
    }
}

#[test]
fn everything_but_site_text_has_its_english() {
    for digest in samples() {
        for paragraph in paragraphs(digest) {
            for sentence in sentences(paragraph) {
                let target = sentence["target"].as_str();
                match paragraph["kind"] == "boilerplate" {
                    true => assert_eq!(target, None),
                    false => {
                        assert!(!target.unwrap().trim().is_empty() || has_flag(sentence, "empty"))
                    }
                }
            }
        }
    }
}

#[test]
fn no_arabic_letter_is_left_without_a_flag() {
    let is_arabic = |c: char| {
        c.is_alphabetic()
            && matches!(c, '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{FB50}'..='\u{FEFC}')
    };
    for sentence in samples().iter().flat_map(paragraphs).flat_map(sentences) {
        if sentence["target"]
            .as_str()
            .is_some_and(|target| target.contains(is_arabic))
        {
            assert!(has_flag(sentence, "arabic_residue"), "{sentence}");
        }
    }
}

#[test]
fn every_number_is_in_the_english_or_flagged() {
    let mut seen = 0;
    for sentence in samples().iter().flat_map(paragraphs).flat_map(sentences) {
        let Some(target) = sentence["target"].as_str() else {
            continue;
        };
        let target = joined_digits(&target.to_lowercase());
        for number in numbers(&joined_digits(str(&sentence["source"]))) {
            seen += 1;
            let is_there = target.contains(&number.to_string())
                || WORDS
                    .get(number)
                    .is_some_and(|words| words.iter().any(|word| target.contains(word)));
            assert!(
                is_there || has_flag(sentence, "number"),
                "{number}: {sentence}"
            );
        }
    }
    assert!(seen > 40, "the samples are full of numbers: {seen}");
}

/// How English writes small numbers and the months of dates.
const WORDS: [&[&str]; 13] = [
    &["zero", "no "],
    &["one", "jan"],
    &["two", "feb"],
    &["three", "mar"],
    &["four", "apr"],
    &["five", "may"],
    &["six", "jun"],
    &["seven", "jul"],
    &["eight", "aug"],
    &["nine", "sep"],
    &["ten", "oct"],
    &["eleven", "nov"],
    &["twelve", "dec"],
];

/// A text with ASCII digits and no separators of thousands.
fn joined_digits(text: &str) -> String {
    let ascii = |c: char| match c {
        '٠'..='٩' => char::from(b'0' + (u32::from(c) - u32::from('٠')) as u8),
        '٫' => '.',
        c => c,
    };
    text.chars()
        .filter(|c| !matches!(c, ',' | '٬'))
        .map(ascii)
        .collect()
}

fn numbers(text: &str) -> Vec<usize> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}

#[test]
fn summaries_cite_the_sentences_they_are() {
    for digest in samples() {
        assert_eq!(digest["summary"]["method"], "extractive");
        let summary = sentences(&digest["summary"]);
        assert!((1..=3).contains(&summary.len()));
        let mut places = Vec::new();
        for sentence in summary {
            let [source] = sentence["sources"].as_array().unwrap().as_slice() else {
                panic!("one source a sentence: {sentence}");
            };
            let place = |i: usize| usize::try_from(source[i].as_u64().unwrap()).unwrap();
            let cited = &sentences(&paragraphs(digest)[place(0)])[place(1)];
            assert_eq!(sentence["text"], cited["target"]);
            places.push((place(0), place(1)));
        }
        assert!(
            places.is_sorted(),
            "in the order of the article: {places:?}"
        );
    }
}
