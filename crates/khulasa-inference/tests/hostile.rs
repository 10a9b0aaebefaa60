//! Model files that lie get an error that names the file; nothing panics.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use khulasa_inference::{DeviceChoice, Error, Generator, LoadOptions, Precision};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/gemma3")
        .join(name)
}

fn load(path: &Path) -> Result<Generator, Error> {
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::Fast,
        threads: Some(1),
    };
    Generator::load(path, &options)
}

/// Loads bytes as a GGUF file.
fn load_gguf(bytes: &[u8]) -> Result<Generator, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    load(&path)
}

/// A copy of the fixture's folder with one file changed.
fn load_folder(name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Result<Generator, Error> {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(fixture(file), folder.path().join(file)).unwrap();
    }
    let path = folder.path().join(name);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, change(bytes)).unwrap();
    load(folder.path())
}

#[test]
fn the_fixtures_themselves_load() {
    load(&fixture("model.gguf")).unwrap();
    load_folder("config.json", |bytes| bytes).unwrap();
}

#[test]
fn a_gguf_file_cut_anywhere() {
    let bytes = std::fs::read(fixture("model.gguf")).unwrap();
    let cuts = (0..40)
        .map(|i| i * 7)
        .chain((1..60).map(|i| i * bytes.len() / 60))
        .chain([bytes.len() - 1]);
    for cut in cuts {
        let error = load_gguf(&bytes[..cut]).expect_err("it is cut short");
        assert!(error.to_string().contains("model.gguf"), "{cut}: {error}");
    }
}

#[test]
fn a_gguf_file_with_bytes_changed_is_an_error_or_a_model() {
    let bytes = std::fs::read(fixture("model.gguf")).unwrap();
    let mut state = 9u64;
    for _ in 0..600 {
        let mut changed = bytes.clone();
        for _ in 0..3 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            // Most of what can lie stands in the first 12 kB.
            let at = (state >> 33) as usize % 12_000.min(changed.len());
            changed[at] = (state >> 20) as u8;
        }
        let _ = load_gguf(&changed);
    }
}

/// What is done to a file's bytes.
type Change = fn(Vec<u8>) -> Vec<u8>;

#[test]
fn safetensors_that_lie() {
    let cases: [(&str, Change, &str); 7] = [
        (
            "model.safetensors",
            |b| b[..b.len() - 10].to_vec(),
            "cut short",
        ),
        ("model.safetensors", |_| vec![255; 64], "header"),
        ("model.safetensors", |_| Vec::new(), "model.safetensors"),
        (
            "model.safetensors",
            |b| replace(&b, "model.norm.weight", "model.nerm.weight"),
            "model.norm.weight is missing",
        ),
        (
            "config.json",
            |b| replace(&b, "\"intermediate_size\": 40", "\"intermediate_size\": 48"),
            "shape",
        ),
        (
            "config.json",
            |b| replace(&b, "gemma3_text", "gemma9_text"),
            "gemma9_text",
        ),
        ("tokenizer.json", |_| b"{}".to_vec(), "tokenizer.json"),
    ];
    for (name, change, expected) in cases {
        let error = load_folder(name, change).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn replace(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|w| w == from.as_bytes())
        .expect(from);
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn what_is_not_there() {
    let error = load(Path::new("no/such/model.gguf"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no/such/model.gguf"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = load(empty.path()).unwrap_err().to_string();
    assert!(error.contains("it has no weights"), "{error}");
}
