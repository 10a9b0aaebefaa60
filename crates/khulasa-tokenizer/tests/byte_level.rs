//! Byte-level BPE of GGUF files against the `tokenizer.json` of the same vocabulary.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use khulasa_tokenizer::Tokenizer;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name)
}

const LINES: [&str; 12] = [
    "The minister said on Tuesday that 23 people were killed, didn't he? WE'LL SEE",
    "قال الوزير إن 1234567 شخصا قتلوا، بينهم تسعة أطفال.",
    "قُتِلَ «المدنيون» في غزّة؛ هل مِن حلٍّ؟  ١٢٣٤ ۴۵",
    "a\u{301} \u{e9} cafe\u{301} \u{1100}\u{1161}",
    "  two  spaces\tand\ttabs \n\n  lines\r\n end   ",
    "x=1+2*3; $5.00 <b>~^|</b> `code` 100%",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} emoji🌍🕊️",
    "\u{a0}no\u{a0}break\u{3000}wide\u{200b}zero\u{85}next",
    "نص_mixed-words1نص2 ½ Ⅷ",
    "<|im_start|>user",
    "\0\u{1}",
    "",
];

/// A `tokenizer.json`, changed, and its vocabulary as a GGUF file would carry it.
fn both(name: &str, pre: &str, change: impl FnOnce(&mut Value)) -> (Tokenizer, Tokenizer) {
    let file = fixture(name).join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut json);
    let vocabulary = json["model"]["vocab"].as_object().unwrap().iter();
    let ids = vocabulary.map(|(token, id)| (id.as_u64().unwrap(), (token.clone(), 1)));
    let mut tokens: BTreeMap<u64, (String, i32)> = ids.collect();
    for added in json["added_tokens"].as_array().unwrap() {
        let kind = if added["special"] == true { 3 } else { 4 };
        let text = added["content"].as_str().unwrap().to_owned();
        tokens.insert(added["id"].as_u64().unwrap(), (text, kind));
    }
    assert_eq!(tokens.keys().max(), Some(&(tokens.len() as u64 - 1)));
    let (tokens, kinds): (Vec<_>, Vec<_>) = tokens.into_values().unzip();
    let merges = json["model"]["merges"].as_array().unwrap().iter();
    let merge = |pair: &Value| [0, 1].map(|i| pair[i].as_str().unwrap()).join(" ");
    let merges: Vec<_> = merges.map(merge).collect();
    let gguf = Tokenizer::from_gguf_gpt2(&file, &tokens, &merges, &kinds, pre).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("tokenizer.json");
    std::fs::write(&changed, json.to_string()).unwrap();
    (gguf, Tokenizer::from_file(&changed).unwrap())
}

fn agree(name: &str, pre: &str, change: impl FnOnce(&mut Value)) {
    let (gguf, json) = both(name, pre, change);
    for line in LINES {
        let ids = json.encode(line).unwrap();
        assert_eq!(gguf.encode(line).unwrap(), ids, "{pre}: {line:?}");
        assert_eq!(
            gguf.decode(&ids).unwrap(),
            json.decode(&ids).unwrap(),
            "{pre}"
        );
    }
    assert_eq!(gguf.vocab_size(), json.vocab_size());
}

#[test]
fn qwen_2() {
    agree("qwen2", "qwen2", |_| {});
}

#[test]
fn llama_3() {
    agree("llama3", "llama-bpe", |_| {});
}

/// GPT-2's own cuts are those that `tokenizers` has by that name.
fn gpt_2_after(steps: Value) -> impl FnOnce(&mut Value) {
    move |json| {
        let last = serde_json::json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true
        });
        let mut steps = steps.as_array().unwrap().clone();
        steps.push(last);
        json["normalizer"] = Value::Null;
        json["pre_tokenizer"] = serde_json::json!({"type": "Sequence", "pretokenizers": steps});
    }
}

#[test]
fn gpt_2() {
    agree("qwen2", "gpt-2", gpt_2_after(serde_json::json!([])));
}

#[test]
fn smollm() {
    let digits = serde_json::json!([{"type": "Digits", "individual_digits": true}]);
    agree("qwen2", "smollm", gpt_2_after(digits));
}

/// llama.cpp's own, which no `tokenizer.json` has: nothing of a text is lost.
#[test]
fn default() {
    let (gguf, _) = both("qwen2", "default", |_| {});
    for line in LINES {
        let ids = gguf.encode(line).unwrap();
        assert_eq!(gguf.decode(&ids).unwrap(), line);
    }
}
