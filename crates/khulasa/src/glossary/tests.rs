use std::path::PathBuf;

use super::*;
use crate::Error;

fn glossary(text: &str) -> Glossary {
    Glossary::parse(text, "terms.tsv").unwrap()
}

fn found<'a>(glossary: &'a Glossary, text: &'a str) -> Vec<(&'a str, &'a str, String)> {
    glossary
        .mentions(text)
        .into_iter()
        .map(|m| {
            (
                glossary.term(m.term).target.as_str(),
                &text[m.span],
                m.clitics,
            )
        })
        .collect()
}

#[test]
fn what_is_written_before_a_term_is_seen_through() {
    let terms = glossary("قيصر\tCaesar\nوزارة خارجية\tForeign Ministry\n");
    for (text, span, clitics) in [
        ("قال القيصر شيئا", "القيصر", ""),
        ("قال والقيصر شيئا", "والقيصر", "و"),
        ("قال للقيصر شيئا", "للقيصر", "ل"),
        ("قال وللقيصر شيئا", "وللقيصر", "ول"),
        ("قال لقيصر شيئا", "لقيصر", "ل"),
        ("قال بالقيصر شيئا", "بالقيصر", "ب"),
        ("قال فبقيصر شيئا", "فبقيصر", "فب"),
        ("قال كالقَيْصَرِ شيئا", "كالقَيْصَرِ", "ك"),
        ("قال \"القيـصر\" شيئا", "القيـصر", ""),
    ] {
        assert_eq!(
            found(&terms, text),
            [("Caesar", span, clitics.to_owned())],
            "{text}"
        );
    }
    let text = "من وزارة الخارجية ووزارة خارجية أخرى";
    assert_eq!(
        found(&terms, text),
        [
            ("Foreign Ministry", "وزارة الخارجية", String::new()),
            ("Foreign Ministry", "ووزارة خارجية", "و".to_owned())
        ]
    );
    for text in ["قال قيصري شيئا", "وزارة الداخلية", "", "الخارجية وزارة"]
    {
        assert_eq!(found(&terms, text), [], "{text}");
    }
}

#[test]
fn a_term_with_the_article_wants_it() {
    let terms = glossary("الأسد\tAssad");
    assert_eq!(found(&terms, "نظام الاسد").len(), 1);
    assert_eq!(found(&terms, "وللأسد رأي").len(), 1);
    assert_eq!(found(&terms, "رأيت أسدا وأسد").len(), 0);
}

#[test]
fn the_longest_term_is_meant() {
    let terms = glossary("خوذ\thelmets\nالخوذ البيضاء\tWhite Helmets\nبلال\tBilal\nلال\tLal");
    let targets = |text| {
        found(&terms, text)
            .into_iter()
            .map(|f| f.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        targets("الخوذ البيضاء والخوذ"),
        ["White Helmets", "helmets"]
    );
    assert_eq!(targets("قال بلال"), ["Bilal"]);
}

#[test]
fn english_forms() {
    let terms = glossary(
        "أ أ\tCaesar\nب ب\tarmy\nت ت\tthe White Helmets\nث ث\tmilitia\tmilitiamen | fighters\n\
         ج ج\tApple\texact\nGitHub\n",
    );
    for (term, text, found) in [
        (0, "He met Caesar's men.", true),
        (0, "CAESAR came", true),
        (0, "Caesarea is a town.", false),
        (0, "a Tsar", false),
        (1, "Both armies met.", true),
        (2, "White Helmets worked.", true),
        (3, "Fighters came.", true),
        (3, "militias came.", true),
        (3, "soldiers came.", false),
        (4, "Apple's shares", true),
        (4, "an apple", false),
        (4, "Apples", false),
        (5, "on GitHub.", true),
        (5, "on Github.", false),
    ] {
        assert_eq!(terms.term(term).find(text).is_some(), found, "{text}");
    }
    assert_eq!(
        terms.term(0).settle("caesar and caesarea, İ caesar's"),
        "Caesar and caesarea, İ Caesar's"
    );
    assert_eq!(terms.term(1).settle("Army and army"), "Army and army");
}

#[test]
fn a_bad_line_is_named() {
    for (text, line, reason) in [
        ("# تعليق\n\nالقيصر", 3, "has no English"),
        ("القيصر\t", 1, "a column is empty"),
        ("\tCaesar", 1, "a column is empty"),
        ("Caesar\tالقيصر", 1, "the Arabic comes first"),
        ("Caesar\tTsar", 1, "is not Arabic"),
        ("القيصر\tقيصر", 1, "is not English"),
        ("القيصر\t--", 1, "is not English"),
        ("القيصر\tCaesar\ta\tb", 1, "4 columns"),
        ("القيصر\tCaesar\nالقَيصر\tTsar", 2, "in line 1"),
    ] {
        let Error::Glossary {
            path,
            line: at,
            reason: why,
        } = Glossary::parse(text, "terms.tsv").unwrap_err()
        else {
            panic!("{text}");
        };
        assert_eq!((path, at), (PathBuf::from("terms.tsv"), line), "{text}");
        assert!(why.contains(reason), "{why}");
    }
    let terms = glossary("\u{feff}# c\r\nالقيصر\tCaesar\r\nالقيصر \t Caesar\n");
    assert_eq!(terms.len(), 1);
    assert!(!terms.is_empty());
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terms.tsv");
    assert!(matches!(Glossary::read(&path), Err(Error::Read { .. })));
    std::fs::write(&path, b"A\n\xff\n").unwrap();
    assert!(matches!(
        Glossary::read(&path),
        Err(Error::Glossary { line: 2, .. })
    ));
    std::fs::write(&path, "القيصر\tCaesar\n").unwrap();
    assert_eq!(Glossary::read(&path).unwrap().len(), 1);
}
