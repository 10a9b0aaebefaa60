//! Model files that lie get an error that names the file; nothing panics.

#![allow(clippy::unwrap_used)]

mod encoder_decoders;

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

/// A folder with a fixture's `config.json` and tokenizer and with other weights.
fn load_weights(files: &[(&str, &[u8])]) -> Result<Generator, Error> {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(fixture(file), folder.path().join(file)).unwrap();
    }
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    load(folder.path())
}

fn says(result: Result<Generator, Error>, parts: &[&str]) {
    let error = result.expect_err(&parts.join(", ")).to_string();
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// A safetensors file with another header.
fn with_header(
    bytes: &[u8],
    change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
) -> Vec<u8> {
    let data = &bytes[8 + length_of(bytes)..];
    let mut header = serde_json::from_slice(&bytes[8..bytes.len() - data.len()]).unwrap();
    change(&mut header);
    let header = serde_json::to_vec(&header).unwrap();
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, data].concat()
}

fn length_of(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

#[test]
fn an_index_that_lies() {
    let weights = std::fs::read(fixture("model.safetensors")).unwrap();
    let names = |bytes: &[u8]| -> Vec<String> {
        let header: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&bytes[8..8 + length_of(bytes)]).unwrap();
        header
            .keys()
            .filter(|k| !k.starts_with("__"))
            .cloned()
            .collect()
    };
    let index = |file: &str| {
        let map: serde_json::Map<_, _> = names(&weights)
            .into_iter()
            .map(|n| (n, file.into()))
            .collect();
        serde_json::to_vec(&serde_json::json!({"weight_map": map})).unwrap()
    };
    const INDEX: &str = "model.safetensors.index.json";
    let good = index("a.safetensors");
    load_weights(&[(INDEX, &good), ("a.safetensors", &weights)]).unwrap();
    // The same tensors in a second shard: the index says which one counts.
    let mut twice: serde_json::Value = serde_json::from_slice(&good).unwrap();
    twice["weight_map"]["extra"] = "b.safetensors".into();
    let twice = serde_json::to_vec(&twice).unwrap();
    let files = [
        (INDEX, &twice[..]),
        ("a.safetensors", &weights),
        ("b.safetensors", &weights),
    ];
    load_weights(&files).unwrap();

    says(load_weights(&[(INDEX, &good)]), &["a.safetensors"]);
    for outside in [
        "../a.safetensors",
        "/etc/passwd",
        "sub/a.safetensors",
        "..",
        "",
    ] {
        let files = [
            (INDEX, &index(outside)[..]),
            ("sub/a.safetensors", &weights),
        ];
        says(load_weights(&files), &[INDEX, "not a file beside it"]);
    }
    says(load_weights(&[(INDEX, &index(INDEX))]), &[INDEX, "header"]);
    says(
        load_weights(&[(INDEX, b"{}")]),
        &[INDEX, "not a readable index"],
    );
    says(
        load_weights(&[(INDEX, br#"{"weight_map": {}}"#)]),
        &[INDEX, "tensor model.embed_tokens.weight is missing"],
    );
    let few = replace(&weights, "model.norm.weight", "model.nerm.weight");
    let files = [(INDEX, &good[..]), ("a.safetensors", &few)];
    says(
        load_weights(&files),
        &[INDEX, "model.norm.weight is missing"],
    );
}

#[test]
fn headers_with_absurd_sizes() {
    let weights = std::fs::read(fixture("model.safetensors")).unwrap();
    const FILE: &str = "model.safetensors";
    const NORM: &str = "model.norm.weight";
    for length in [u64::MAX, 1 << 62, 100_000_001, weights.len() as u64] {
        let mut changed = weights.clone();
        changed[..8].copy_from_slice(&length.to_le_bytes());
        says(load_weights(&[(FILE, &changed)]), &[FILE, "header"]);
    }
    for shape in [vec![usize::MAX], vec![1 << 40, 1 << 40], vec![1 << 60]] {
        let changed = with_header(&weights, |header| {
            header[NORM]["shape"] = shape.clone().into()
        });
        says(load_weights(&[(FILE, &changed)]), &[FILE]);
    }
    let far = with_header(&weights, |header| {
        header[NORM]["data_offsets"] = serde_json::json!([0, 1u64 << 60]);
    });
    says(load_weights(&[(FILE, &far)]), &[FILE]);
    let integers = with_header(&weights, |header| header[NORM]["dtype"] = "I32".into());
    says(load_weights(&[(FILE, &integers)]), &[FILE, NORM, "I32"]);
    nothing_absurd_was_allocated();
}

#[test]
fn weights_that_are_not_numbers() {
    let mut weights = std::fs::read(fixture("model.safetensors")).unwrap();
    let end = weights.len();
    weights[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    says(
        load_weights(&[("model.safetensors", &weights)]),
        &["model.safetensors", "tensor model.", "not finite"],
    );
}

/// What a header claims is not allocated: not even addresses are taken for it.
#[cfg(target_os = "linux")]
fn nothing_absurd_was_allocated() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmPeak:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 8 << 20, "{line}");
}

#[cfg(not(target_os = "linux"))]
fn nothing_absurd_was_allocated() {}

/// A GGUF file of one metadata entry, and what follows it.
fn gguf(tensors: u64, entries: u64, rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(tensors.to_le_bytes());
    bytes.extend(entries.to_le_bytes());
    bytes.extend(rest);
    bytes
}

fn entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    let mut bytes = (key.len() as u64).to_le_bytes().to_vec();
    bytes.extend(key.as_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(value);
    bytes
}

/// A GGUF file in which a number of 32 bits, that is there, is another.
fn gguf_number(bytes: &[u8], key: &str, value: u32) -> Vec<u8> {
    let needle = [&(key.len() as u64).to_le_bytes()[..], key.as_bytes()].concat();
    let at = bytes.windows(needle.len()).position(|w| w == needle);
    // The kind stands between.
    let at = at.expect(key) + needle.len() + 4;
    [&bytes[..at], &value.to_le_bytes(), &bytes[at + 4..]].concat()
}

#[test]
fn gguf_headers_that_lie() {
    const FILE: &str = "model.gguf";
    let big = (1u64 << 60).to_le_bytes();
    let array = |kind: u32, count: u64| [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat();
    says(load_gguf(&gguf(0, u64::MAX, b"")), &[FILE]);
    says(load_gguf(&gguf(u64::MAX, 0, b"")), &[FILE]);
    says(load_gguf(&gguf(0, 1, &big)), &[FILE, "key"]);
    says(
        load_gguf(&gguf(0, 1, &entry("text", 8, &big))),
        &[FILE, "text"],
    );
    let many = entry("list", 9, &array(0, 1 << 40));
    says(load_gguf(&gguf(0, 1, &many)), &[FILE, "list", "array"]);
    let deep: Vec<u8> = (0..50).flat_map(|_| array(9, 1)).collect();
    says(
        load_gguf(&gguf(0, 1, &entry("deep", 9, &deep))),
        &[FILE, "deep"],
    );
    let zero = entry("general.alignment", 4, &[0; 4]);
    says(load_gguf(&gguf(0, 1, &zero)), &[FILE, "alignment"]);
    // A tensor that is larger than the file.
    let mut tensor = 4u64.to_le_bytes().to_vec();
    tensor.extend(b"huge");
    tensor.extend(2u32.to_le_bytes());
    tensor.extend((1u64 << 40).to_le_bytes());
    tensor.extend((1u64 << 40).to_le_bytes());
    tensor.extend([0; 12]);
    says(load_gguf(&gguf(1, 0, &tensor)), &[FILE, "huge"]);
    nothing_absurd_was_allocated();
}
