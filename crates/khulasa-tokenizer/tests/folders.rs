//! Tokenizers of whole model folders against `transformers`; `tests/fixtures/generate.py` made
//! the models.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use khulasa_tokenizer::Tokenizer;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name)
}

fn ids(value: &Value) -> Vec<u32> {
    let ids = value.as_array().unwrap().iter();
    ids.map(|id| id.as_u64().unwrap() as u32).collect()
}

/// Texts and outputs as `transformers` encodes and decodes them.
fn agrees(name: &str) {
    let bytes = std::fs::read(fixture(name).join("reference.json")).unwrap();
    let reference: Value = serde_json::from_slice(&bytes).unwrap();
    let mut tokenizer = Tokenizer::open(&fixture(name)).unwrap();
    if let Some(source) = reference["source_language"].as_str() {
        tokenizer = tokenizer.with_languages(source, "en").unwrap();
    }
    for case in reference["texts"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let found = tokenizer.encode(text).unwrap();
        let found = [tokenizer.prefix(), &found, tokenizer.suffix()].concat();
        assert_eq!(found, ids(&case["tokens"]), "{name}: {text:?}");
    }
    let decodings = reference["decodings"].as_array().unwrap();
    assert!(decodings.len() >= 10, "{name}");
    for case in decodings {
        let tokens = ids(&case["tokens"]);
        let found = tokenizer.decode(&tokens).unwrap();
        assert_eq!(found, case["text"].as_str().unwrap(), "{name}: {tokens:?}");
    }
}

macro_rules! agree {
    ($($test:ident $name:literal;)*) => {
        $(#[test]
        fn $test() {
            agrees($name);
        })*
    };
}

agree! {
    marian "marian";
    marian_big "marian-big";
    marian_with_two_vocabularies "marian-separate";
    bart "bart";
    pegasus "pegasus";
    t5 "t5";
    flan_t5 "flan-t5";
    mt5 "mt5";
    madlad "madlad";
    m2m100 "m2m100";
    nllb "nllb";
    mbart50 "mbart50";
}

/// The ids around a text and before an output, for Arabic to English.
fn around(name: &str) -> (Vec<String>, Option<String>) {
    let tokenizer = Tokenizer::open(&fixture(name)).unwrap();
    let tokenizer = tokenizer.with_languages("ar", "en").unwrap();
    let known = [
        "__ar__", "__en__", "arb_Arab", "eng_Latn", "ar_AR", "en_XX", "<2en>", "</s>",
    ];
    let name = |id: u32| {
        let token = known.iter().find(|t| tokenizer.token_id(t) == Some(id));
        token.map_or(id.to_string(), |t| t.to_string())
    };
    let around = [tokenizer.prefix(), tokenizer.suffix()].concat();
    let around = around.into_iter().map(name).collect();
    (around, tokenizer.target_language().map(name))
}

#[test]
fn languages() {
    let both = |source: &str, target: &str| {
        (
            vec![source.to_owned(), "</s>".to_owned()],
            Some(target.to_owned()),
        )
    };
    assert_eq!(around("m2m100"), both("__ar__", "__en__"));
    assert_eq!(around("nllb"), both("arb_Arab", "eng_Latn"));
    assert_eq!(around("mbart50"), both("ar_AR", "en_XX"));
    let (madlad, none) = around("madlad");
    assert_eq!(madlad[madlad.len() - 2..], ["<2en>", "</s>"]);
    assert_eq!(none, None);
    assert_eq!(around("marian"), (vec!["</s>".to_owned()], None));

    let nllb = Tokenizer::open(&fixture("nllb")).unwrap();
    assert_eq!(nllb.language_token("en").as_deref(), Some("eng_Latn"));
    assert_eq!(nllb.language_token("arz_Arab").as_deref(), Some("arz_Arab"));
    let error = nllb.with_languages("ar", "tlh").unwrap_err().to_string();
    assert!(error.contains("tlh"), "{error}");
}

/// Files of a folder, some left out, some changed.
fn copy(name: &str, files: &[&str], changed: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        std::fs::copy(fixture(name).join(file), folder.path().join(file)).unwrap();
    }
    for (file, text) in changed {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    folder
}

/// The languages of NLLB and mBART-50 stand in no file but `tokenizer.json`; without it they are
/// where `transformers` has them.
#[test]
fn languages_that_no_file_lists() {
    let files = [
        "sentencepiece.bpe.model",
        "config.json",
        "tokenizer_config.json",
    ];
    for name in ["nllb", "mbart50"] {
        let folder = copy(name, &files, &[]);
        let (bare, whole) = (
            Tokenizer::open(folder.path()).unwrap(),
            Tokenizer::open(&fixture(name)).unwrap(),
        );
        for language in ["ar", "en", "fr_XX", "fra_Latn", "zul_Latn", "sl_SI"] {
            let token = whole.language_token(language);
            assert_eq!(bare.language_token(language), token, "{name} {language}");
            let id = |t: &Tokenizer| token.as_deref().and_then(|token| t.token_id(token));
            assert_eq!(id(&bare), id(&whole), "{name} {language}");
        }
    }
}

/// Folders with nothing but a `tokenizer.json` give the same on ordinary text.
#[test]
fn tokenizer_json_alone() {
    for name in ["nllb", "mbart50", "t5", "flan-t5"] {
        let folder = copy(
            name,
            &["tokenizer.json", "config.json", "tokenizer_config.json"],
            &[],
        );
        let languages = |t: Tokenizer| t.with_languages("ar", "en").unwrap();
        let json = languages(Tokenizer::open(folder.path()).unwrap());
        let whole = languages(Tokenizer::open(&fixture(name)).unwrap());
        for text in [
            "قال الوزير إن 23 شخصا قتلوا، بينهم تسعة أطفال.",
            "The minister said so.",
        ] {
            let ids = whole.encode(text).unwrap();
            assert_eq!(json.encode(text).unwrap(), ids, "{name}");
            assert_eq!(
                json.decode(&ids).unwrap(),
                whole.decode(&ids).unwrap(),
                "{name}"
            );
        }
        assert_eq!(json.prefix(), whole.prefix(), "{name}");
        assert_eq!(json.suffix(), whole.suffix(), "{name}");
        assert_eq!(json.target_language(), whole.target_language(), "{name}");
    }
}

/// Marian for many languages: the one to write is a token before the text, alone or in the text.
#[test]
fn marian_for_many_languages() {
    let vocabulary = std::fs::read(fixture("marian-big").join("vocab.json")).unwrap();
    let mut vocabulary: Value = serde_json::from_slice(&vocabulary).unwrap();
    let last = vocabulary.as_object().unwrap().len();
    vocabulary[">>eng<<"] = last.into();
    let files = ["source.spm", "target.spm", "tokenizer_config.json"];
    let folder = copy(
        "marian-big",
        &files,
        &[("vocab.json", vocabulary.to_string())],
    );
    let tokenizer = Tokenizer::open(folder.path())
        .unwrap()
        .with_languages("ar", "en")
        .unwrap();
    let text = tokenizer.encode("قال الوزير").unwrap();
    assert_eq!(tokenizer.prefix(), [last as u32]);
    assert_eq!(
        tokenizer.encode(">>eng<<قال الوزير").unwrap(),
        [tokenizer.prefix(), &text].concat()
    );
    assert_ne!(
        tokenizer.encode(">>fra<<قال الوزير").unwrap()[0],
        last as u32
    );
}

#[test]
fn spaces_are_cleaned_up_where_the_configuration_says_so() {
    let text = "It is n't so , he said ! Do n't 've . ' x ' y 's ?";
    let with = |wanted: bool| {
        let config = format!(r#"{{"clean_up_tokenization_spaces": {wanted}}}"#);
        let files = ["source.spm", "target.spm", "vocab.json"];
        let folder = copy("marian-big", &files, &[("tokenizer_config.json", config)]);
        let tokenizer = Tokenizer::open(folder.path()).unwrap();
        let ids = tokenizer.encode(text).unwrap();
        tokenizer.decode(&ids).unwrap()
    };
    let (kept, cleaned) = (with(false), with(true));
    assert!(kept.contains(" ,") && kept.contains(" n't"), "{kept}");
    assert!(
        !cleaned.contains(" ,") && !cleaned.contains(" n't"),
        "{cleaned}"
    );
    assert_eq!(cleaned.replace(' ', ""), kept.replace(' ', ""));
}
