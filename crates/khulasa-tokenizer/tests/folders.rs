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
    assert!(decodings.len() > 10, "{name}");
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
