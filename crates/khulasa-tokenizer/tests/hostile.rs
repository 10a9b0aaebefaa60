//! Files that lie: an error that names the file, or a tokenizer that works; never a panic.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use khulasa_tokenizer::Tokenizer;

const TEXT: &str = "قال \u{fdfa} «الوزير» ١٢\u{64b} don't \u{1f600}\0\u{200d} ";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name)
}

/// A copy of a fixture's tokenizer with one file changed.
fn with(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture(name)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if std::fs::metadata(&path).unwrap().len() < 400_000 {
            std::fs::copy(&path, copy.path().join(name)).unwrap();
        }
    }
    let path = copy.path().join(file);
    let bytes = change(std::fs::read(&path).unwrap_or_default());
    std::fs::write(path, bytes).unwrap();
    copy
}

/// The message of a folder that cannot be opened; it names the file that was changed.
fn refused(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let folder = with(name, file, change);
    let message = Tokenizer::open(folder.path()).unwrap_err().to_string();
    assert!(message.contains(file), "{message}");
    message
}

/// Numbers below a bound, by Marsaglia's xorshift.
fn random() -> impl FnMut(usize) -> usize {
    let mut state = 7u32;
    move |n| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % n
    }
}

#[test]
fn broken_tokenizer_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let mut below = random();
    let (mut refused, mut opened) = (0, 0);
    for name in ["nllb", "t5", "qwen2", "gemma3"] {
        let whole = std::fs::read(fixture(name).join("tokenizer.json")).unwrap();
        for round in 0..80 {
            let mut bytes = whole.clone();
            if round % 8 == 0 {
                bytes.truncate(below(whole.len()));
            }
            for _ in 0..1 + below(6) {
                let at = below(bytes.len());
                // Mostly another digit or letter, so that the file stays JSON.
                match bytes[at] {
                    b'0'..=b'9' => bytes[at] = b'0' + below(10) as u8,
                    b'a'..=b'z' | b'A'..=b'Z' => bytes[at] = b'a' + below(26) as u8,
                    _ if round % 8 == 1 => bytes[at] = below(256) as u8,
                    _ => {}
                }
            }
            std::fs::write(&path, bytes).unwrap();
            match Tokenizer::from_file(&path) {
                Err(error) => {
                    assert!(error.to_string().contains("tokenizer.json"), "{error}");
                    refused += 1;
                }
                Ok(tokenizer) => {
                    // It may know nothing of these characters.
                    if let Ok(ids) = tokenizer.encode(TEXT) {
                        let _ = tokenizer.decode(&ids);
                    }
                    opened += 1;
                }
            }
        }
    }
    assert!(refused > 20 && opened > 20, "{refused} {opened}");
}

#[test]
fn a_tokenizer_json_that_pads() {
    let folder = with("qwen2", "tokenizer.json", |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        let wanted = r#""padding": {"strategy": {"Fixed": 4000000000}, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "a"}"#;
        let text = text.replacen(r#""padding": null"#, wanted, 1);
        assert!(text.contains("4000000000"));
        text.into_bytes()
    });
    let tokenizer = Tokenizer::from_file(&folder.path().join("tokenizer.json")).unwrap();
    assert!(tokenizer.count(TEXT).unwrap() < 200);
}

#[test]
fn broken_models() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.model");
    let mut below = random();
    let (mut refused, mut opened) = (0, 0);
    for name in [
        "unigram-cf-bytes",
        "bpe-nmt-bytes",
        "unigram-suffix",
        "bpe-bare",
    ] {
        let whole = std::fs::read(fixture("tokenizers").join(format!("{name}.model"))).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            match round % 3 {
                0 => bytes.truncate(below(whole.len())),
                1 => (0..1 + below(4)).for_each(|_| bytes[below(whole.len())] = below(256) as u8),
                // The rules of normalisation are the end of the larger files.
                _ => {
                    let at = whole.len() - 1 - below(whole.len().min(200_000));
                    bytes[at..]
                        .iter_mut()
                        .step_by(97)
                        .for_each(|b| *b = b.wrapping_add(129));
                }
            }
            std::fs::write(&path, bytes).unwrap();
            match Tokenizer::from_sentencepiece(&path) {
                Err(error) => {
                    assert!(error.to_string().contains("broken.model"), "{error}");
                    refused += 1;
                }
                Ok(tokenizer) => {
                    let ids = tokenizer.encode(TEXT).unwrap();
                    assert!(ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()));
                    tokenizer.decode(&ids).unwrap();
                    opened += 1;
                }
            }
        }
    }
    assert!(refused > 20 && opened > 10, "{refused} {opened}");
}

#[test]
fn vocabularies_that_lie() {
    let text = |text: &'static str| move |_| text.as_bytes().to_vec();
    let vocabulary = "vocab.json";
    refused("marian", vocabulary, text("[]"));
    refused("marian", vocabulary, text(r#"{"<unk>": "0"}"#));
    refused("marian", vocabulary, text(r#"{"<unk>": -1}"#));
    let far = refused(
        "marian",
        vocabulary,
        text(r#"{"<unk>": 0, "</s>": 4294967295}"#),
    );
    assert!(far.contains("4294967295"), "{far}");
    let twice = refused("marian", vocabulary, text(r#"{"<unk>": 0, "</s>": 0}"#));
    assert!(twice.contains("both have id 0"), "{twice}");
    let missing = refused("marian", vocabulary, text(r#"{"</s>": 0, "<pad>": 1}"#));
    assert!(missing.contains("<unk>"), "{missing}");
    refused("marian", vocabulary, |bytes| {
        bytes[..bytes.len() / 2].to_vec()
    });
    refused("marian", "target.spm", |bytes| {
        bytes[..bytes.len() / 2].to_vec()
    });
    refused("marian", "source.spm", |_| Vec::new());
    refused("marian-separate", "target_vocab.json", text("{"));
    refused("marian", "tokenizer_config.json", text("[1"));
    refused(
        "t5",
        "tokenizer_config.json",
        text(r#"{"extra_ids": 99999999999}"#),
    );
    refused(
        "pegasus",
        "tokenizer_config.json",
        text(r#"{"offset": 4294967296}"#),
    );
    refused("bart", vocabulary, text(r#"{"a": 0}"#));
    refused("bart", "merges.txt", text("#version: 0.2\nno such\n"));
    let line = refused("bart", "merges.txt", text("#version: 0.2\nthree in one\n"));
    assert!(line.contains("line 2"), "{line}");
    refused("bart", "merges.txt", |_| vec![0xff]);
}

#[test]
fn a_folder_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let message = Tokenizer::open(folder.path()).unwrap_err().to_string();
    assert!(message.contains("source.spm"), "{message}");
}

#[test]
fn gaps_in_a_vocabulary_are_no_tokens() {
    let folder = with("marian", "vocab.json", |_| {
        br#"{"<unk>": 0, "</s>": 2, "\u2581": 700}"#.to_vec()
    });
    let tokenizer = Tokenizer::open(folder.path()).unwrap();
    assert_eq!(
        (tokenizer.vocab_size(), tokenizer.target_vocab_size()),
        (701, 701)
    );
    assert_eq!(
        tokenizer.decode(&[700, 1, 699, 9999, u32::MAX]).unwrap(),
        ""
    );
    assert!(tokenizer.encode(TEXT).unwrap().contains(&0));
}

/// What an article says is never taken for a token that steers the model.
#[test]
fn control_tokens_in_texts_are_text() {
    for name in [
        "marian", "bart", "pegasus", "t5", "mt5", "madlad", "m2m100", "nllb", "mbart50",
    ] {
        let tokenizer = Tokenizer::open(&fixture(name)).unwrap();
        for token in [
            "</s>", "<s>", "<pad>", "<unk>", "__ar__", "arb_Arab", "ar_AR", "<mask>",
        ] {
            let Some(id) = tokenizer.token_id(token) else {
                continue;
            };
            let ids = tokenizer.encode(&format!("a{token} {token}")).unwrap();
            // Characters that are in no token are unknown, and that is all.
            assert!(
                token == "<unk>" || !ids.contains(&id),
                "{name} {token} {ids:?}"
            );
        }
    }
}

#[test]
fn gguf_lists_that_do_not_fit() {
    let origin = Path::new("some.gguf");
    let tokens = || ["<unk>", "a", "b", "ab"].map(str::to_owned).to_vec();
    let scores = [0.0, -1.0, -2.0, -3.0];
    let kinds = [2, 1, 1, 1];
    let merges = ["a b".to_owned()];
    let llama = |tokens, scores: &[f32], kinds: &[i32]| {
        Tokenizer::from_gguf_llama(origin, tokens, scores, kinds, true)
    };
    let gpt2 = |tokens: Vec<String>, merges: &[String], kinds: &[i32], pre: &str| {
        Tokenizer::from_gguf_gpt2(origin, &tokens, merges, kinds, pre)
    };
    assert_eq!(
        llama(tokens(), &scores, &kinds)
            .unwrap()
            .encode("ab")
            .unwrap(),
        [0, 3]
    );
    assert_eq!(
        gpt2(tokens(), &merges, &kinds, "gpt-2")
            .unwrap()
            .encode("ab")
            .unwrap(),
        [3]
    );
    let twice = || ["<unk>", "a", "a", "ab"].map(str::to_owned).to_vec();
    let wrong = [
        llama(tokens(), &scores[1..], &kinds),
        llama(tokens(), &scores, &kinds[1..]),
        llama(tokens(), &scores, &[1, 1, 1, 1]),
        llama(tokens(), &scores, &[2, 1, 1, 9]),
        llama(tokens(), &[0.0, f32::NAN, 0.0, 0.0], &kinds),
        llama(twice(), &scores, &kinds),
        llama(Vec::new(), &[], &[]),
        gpt2(tokens(), &merges, &kinds[1..], "gpt-2"),
        gpt2(tokens(), &["a c".to_owned()], &kinds, "gpt-2"),
        gpt2(tokens(), &["ab".to_owned()], &kinds, "gpt-2"),
        gpt2(tokens(), &merges, &kinds, "of another world"),
        gpt2(twice(), &merges, &kinds, "gpt-2"),
        Tokenizer::from_gguf_t5(origin, tokens(), &scores, &kinds, &[9, 9, 9, 9], true, true),
    ];
    for (number, found) in wrong.into_iter().enumerate() {
        let message = found.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains("some.gguf"), "{number}: {message}");
    }
}
