//! Folders and GGUF files of encoder–decoders that lie.

use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{Error, Generator, Options, Prompt};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{gguf_number, load, nothing_absurd_was_allocated, says, with_header};

const FIXTURES: [&str; 12] = [
    "marian",
    "marian-big",
    "marian-separate",
    "bart",
    "mbart50",
    "pegasus",
    "m2m100",
    "nllb",
    "t5",
    "flan-t5",
    "mt5",
    "madlad",
];

/// A copy of a fixture's folder, without its GGUF files.
fn copy(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name);
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if !file.starts_with("reference.") && !file.ends_with(".gguf") {
            std::fs::copy(&path, folder.path().join(file)).unwrap();
        }
    }
    folder
}

/// The same with a file changed.
fn changed(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> TempDir {
    let folder = copy(name);
    let path = folder.path().join(file);
    let bytes = change(std::fs::read(&path).unwrap_or_default());
    std::fs::write(path, bytes).unwrap();
    folder
}

/// The same with keys of a JSON file changed.
fn with_keys(name: &str, file: &str, keys: &Value) -> TempDir {
    changed(name, file, |bytes| {
        let mut fields: Value = serde_json::from_slice(&bytes).unwrap_or(json!({}));
        for (key, value) in keys.as_object().unwrap() {
            fields[key] = value.clone();
        }
        serde_json::to_vec(&fields).unwrap()
    })
}

/// What a model makes of a short text: as its files say, or an error.
fn generate(generator: &Generator) -> Result<(), Error> {
    let tokenizer = generator.tokenizer();
    let text = tokenizer.encode("قال 12").unwrap();
    let defaults = generator.defaults();
    let prompt = Prompt {
        tokens: [tokenizer.prefix(), &text, tokenizer.suffix()].concat(),
        min_new_tokens: 0,
        max_new_tokens: 4,
    };
    let options = Options {
        search: defaults.search(),
        stop: generator.stop_tokens().to_vec(),
        rules: defaults.rules.clone(),
        batch: 4,
    };
    let found = generator.generate(&[prompt], &options, &mut |_| ControlFlow::Continue(()))?;
    for hypothesis in &found[0] {
        tokenizer.decode(&hypothesis.tokens).unwrap();
    }
    Ok(())
}

#[test]
fn the_fixtures_themselves_load() {
    for name in FIXTURES {
        generate(&load(copy(name).path()).unwrap()).unwrap();
    }
}

/// Whatever one key says: an error that names the file or its folder, or a model that runs.
#[test]
fn any_key_with_any_value() {
    let values = [
        json!(0),
        json!(1),
        json!(-1),
        json!(3),
        json!(1_000_000_000),
        json!(u64::MAX),
        json!(1e300),
        json!("x"),
        json!([]),
        json!(true),
        json!(null),
    ];
    let mut loaded = 0;
    for name in FIXTURES {
        for file in ["config.json", "generation_config.json"] {
            let folder = copy(name);
            let Ok(bytes) = std::fs::read(folder.path().join(file)) else {
                continue;
            };
            let fields: Value = serde_json::from_slice(&bytes).unwrap();
            for key in fields.as_object().unwrap().keys() {
                for value in &values {
                    let mut fields = fields.clone();
                    fields[key] = value.clone();
                    let bytes = serde_json::to_vec(&fields).unwrap();
                    std::fs::write(folder.path().join(file), bytes).unwrap();
                    match load(folder.path()) {
                        Ok(generator) => {
                            loaded += 1;
                            match generate(&generator) {
                                // It reads less than the prompt.
                                Ok(()) | Err(Error::Prompt { .. }) => {}
                                Err(error) => panic!("{name}, {key} = {value}: {error}"),
                            }
                        }
                        Err(error) => {
                            let error = error.to_string();
                            let folder = folder.path().to_str().unwrap();
                            assert!(error.contains(folder), "{name}, {key} = {value}: {error}");
                        }
                    }
                }
            }
        }
    }
    assert!(loaded > 500, "{loaded}");
    nothing_absurd_was_allocated();
}

#[test]
fn configurations_that_lie() {
    const FILE: &str = "config.json";
    let cases = [
        (
            "marian",
            json!({"encoder_layers": 1_000_000_000}),
            "encoder has 1000000000 layers",
        ),
        (
            "marian",
            json!({"encoder_layers": 3}),
            "model.encoder.layers.2.",
        ),
        ("marian", json!({"encoder_attention_heads": 5}), "5 heads"),
        ("marian", json!({"encoder_attention_heads": 0}), "0 heads"),
        (
            "marian",
            json!({"vocab_size": 300, "decoder_vocab_size": 300}),
            "model.shared.weight",
        ),
        ("marian", json!({"decoder_vocab_size": 1000}), "1000"),
        ("marian", json!({"decoder_start_token_id": 252}), "252"),
        (
            "marian",
            json!({"decoder_start_token_id": -1}),
            "decoder_start_token_id",
        ),
        (
            "marian-separate",
            json!({"decoder_vocab_size": 200}),
            "model.decoder.embed_tokens.weight",
        ),
        (
            "bart",
            json!({"max_position_embeddings": 1_000}),
            "embed_positions",
        ),
        (
            "bart",
            json!({"max_position_embeddings": 1_000_000_000}),
            "number of positions",
        ),
        ("bart", json!({"activation_function": "sigmoid"}), "sigmoid"),
        ("mbart50", json!({"d_model": 3u64 << 40}), "hidden size"),
        (
            "nllb",
            json!({"decoder_ffn_dim": 8}),
            "model.decoder.layers.0.fc1",
        ),
        ("t5", json!({"d_kv": 1_000_000_000}), "head dimension"),
        ("t5", json!({"num_heads": 1_000_000}), "number of heads"),
        (
            "t5",
            json!({"relative_attention_num_buckets": 100_000_000}),
            "position buckets",
        ),
        (
            "t5",
            json!({"relative_attention_num_buckets": 9}),
            "relative_attention_bias",
        ),
        ("t5", json!({"layer_norm_epsilon": -1.0}), "epsilon"),
        ("t5", json!({"feed_forward_proj": "gated-x"}), "\"x\""),
        ("t5", json!({"model_type": "t6"}), "\"t6\""),
        ("t5", json!({"model_type": null}), "no model_type"),
        ("t5", json!({"model_type": "marian"}), "model.shared.weight"),
    ];
    for (name, keys, part) in cases {
        let folder = with_keys(name, FILE, &keys);
        let path = folder.path().to_str().unwrap().to_owned();
        says(load(folder.path()), &[&path, part]);
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_key = [b"{\"x\":", &deep[..], b"}"].concat();
    for text in [
        &b""[..],
        b"[]",
        b"7",
        b"{",
        b"\xff",
        b"{}",
        &deep,
        &deep_key,
    ] {
        let folder = changed("t5", FILE, |_| text.to_vec());
        says(load(folder.path()), &[FILE]);
    }
    nothing_absurd_was_allocated();
}

#[test]
fn generation_settings_that_lie() {
    const FILE: &str = "generation_config.json";
    for (keys, part) in [
        (json!({"decoder_start_token_id": 252}), "252"),
        (json!({"forced_bos_token_id": 1_000}), "1000"),
        (json!({"forced_eos_token_id": [0, 1_000]}), "1000"),
        (json!({"num_beams": 1_000_000_000}), "num_beams"),
        (json!({"repetition_penalty": 0.0}), "repetition penalty"),
        (json!({"bad_words_ids": [[]]}), "bad word"),
        (json!({"eos_token_id": "x"}), "token id"),
    ] {
        says(load(with_keys("marian", FILE, &keys).path()), &[FILE, part]);
    }
    let folder = with_keys(
        "bart",
        "config.json",
        &json!({"forced_bos_token_id": 1_000}),
    );
    says(load(folder.path()), &["config.json", "1000"]);
}

#[test]
fn weights_that_do_not_fit() {
    const FILE: &str = "model.safetensors";
    const NORM: &str = "encoder.block.0.layer.0.layer_norm.weight";
    const QUERY: &str = "decoder.block.0.layer.1.EncDecAttention.q.weight";
    const UP: &str = "encoder.block.0.layer.1.DenseReluDense.wi.weight";
    let header = |change: fn(&mut serde_json::Map<String, Value>)| {
        changed("t5", FILE, |bytes| with_header(&bytes, change))
    };
    let folder = header(|h| {
        let norm = h.remove(NORM).unwrap();
        h.insert("extra".to_owned(), norm);
    });
    says(load(folder.path()), &[FILE, NORM, "missing"]);
    let folder = header(|h| {
        let query = h.remove(QUERY).unwrap();
        h.insert(QUERY.replace(".q.", ".query."), query);
    });
    says(load(folder.path()), &[FILE, QUERY, "missing"]);
    let folder = header(|h| {
        let shape: Vec<u64> = serde_json::from_value(h[UP]["shape"].clone()).unwrap();
        h[UP]["shape"] = json!([shape[1], shape[0]]);
    });
    says(load(folder.path()), &[FILE, UP, "shape"]);
    let folder = header(|h| h[UP]["dtype"] = "F64".into());
    says(load(folder.path()), &[FILE]);
    for (name, file) in [
        ("t5", FILE),
        ("bart", "pytorch_model.bin"),
        ("nllb", "pytorch_model-00002-of-00002.bin"),
        ("flan-t5", "model-00002-of-00002.safetensors"),
    ] {
        let cuts: [fn(Vec<u8>) -> Vec<u8>; 3] = [
            |_| Vec::new(),
            |bytes| bytes[..bytes.len() / 2].to_vec(),
            |bytes| bytes[..bytes.len() - 1].to_vec(),
        ];
        for cut in cuts {
            says(load(changed(name, file, cut).path()), &[file]);
        }
    }
    nothing_absurd_was_allocated();
}

#[test]
fn tokenizers_of_other_models() {
    // (model, the files of the tokenizer that are another's, whose)
    let cases: [(&str, &[&str], &str); 4] = [
        ("bart", &["vocab.json", "merges.txt"], "qwen2"),
        (
            "marian",
            &["vocab.json", "source.spm", "target.spm"],
            "marian-big",
        ),
        ("nllb", &["tokenizer.json"], "madlad"),
        ("mt5", &["spiece.model"], "pegasus"),
    ];
    for (name, files, other) in cases {
        let folder = copy(name);
        let from = copy(other);
        for file in files {
            std::fs::copy(from.path().join(file), folder.path().join(file)).unwrap();
        }
        let path = folder.path().to_str().unwrap().to_owned();
        match load(folder.path()) {
            Err(error) => assert!(error.to_string().contains(&path), "{name}: {error}"),
            Ok(generator) => generate(&generator).unwrap(),
        }
    }
    let add = |tokens: &'static [&str]| {
        changed("bart", "vocab.json", |bytes| {
            let mut vocabulary: serde_json::Map<String, Value> =
                serde_json::from_slice(&bytes).unwrap();
            for token in tokens {
                vocabulary.insert((*token).to_owned(), vocabulary.len().into());
            }
            serde_json::to_vec(&vocabulary).unwrap()
        })
    };
    says(
        load(add(&["zzz"]).path()),
        &["its tokenizer has", "embedding"],
    );
}

/// Models that were trained to summarise have no embedding for BART's mask, their tokenizers the
/// mask.
#[test]
fn a_mask_without_an_embedding() {
    let folder = changed("bart", "vocab.json", |bytes| {
        let mut vocabulary: serde_json::Map<String, Value> =
            serde_json::from_slice(&bytes).unwrap();
        let size = vocabulary.len();
        let mask = vocabulary.remove("<mask>").unwrap();
        vocabulary.insert("zzz".to_owned(), mask);
        vocabulary.insert("<mask>".to_owned(), size.into());
        serde_json::to_vec(&vocabulary).unwrap()
    });
    generate(&load(folder.path()).unwrap()).unwrap();
}

#[test]
fn a_gguf_file_of_a_t5_that_lies() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/madlad");
    let bytes = std::fs::read(path.join("madlad.gguf")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.gguf");
    let load_bytes = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        load(&file)
    };
    generate(&load_bytes(&bytes).unwrap()).unwrap();
    for (key, value, part) in [
        ("t5.block_count", 1_000_000_000, "encoder has"),
        ("t5.block_count", 100, "blk."),
        ("t5.embedding_length", 1_000_000_000, "hidden size"),
        ("t5.embedding_length", 7, "token_embd.weight"),
        ("t5.attention.head_count", 0, "number of heads"),
        ("t5.attention.head_count", 1_000_000, "number of heads"),
        (
            "t5.attention.relative_buckets_count",
            100_000_000,
            "position buckets",
        ),
        ("t5.attention.relative_buckets_count", 0, "position buckets"),
        ("t5.feed_forward_length", 3, "ffn_"),
        ("t5.decoder_start_token_id", 1_000_000, "1000000"),
    ] {
        let changed = gguf_number(&bytes, key, value);
        says(load_bytes(&changed), &["model.gguf", part]);
    }
    nothing_absurd_was_allocated();
}
