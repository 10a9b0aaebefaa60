//! The tensors of `tests/fixtures/pytorch`, which PyTorch wrote in every form that it has.

use std::path::{Path, PathBuf};

use super::{PyTorch, Safetensors, Shards, Weights};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/pytorch")
        .join(name)
}

fn open(path: &Path) -> crate::Result<PyTorch> {
    PyTorch::open(Shards::one(path.to_owned()))
}

fn read(weights: &dyn Weights, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let tensor = weights.read(name, shape).map_err(|e| e.to_string())?;
    assert_eq!(tensor.dims(), shape);
    Ok(tensor.flatten_all().unwrap().to_vec1().unwrap())
}

const READABLE: [(&str, &[usize]); 12] = [
    ("f32", &[3, 4]),
    ("f16", &[3, 4]),
    ("bf16", &[3, 4]),
    ("vector", &[7]),
    ("scalar", &[]),
    ("empty", &[0, 4]),
    ("transposed", &[5, 6]),
    ("part", &[3, 3]),
    ("every.second", &[3, 5]),
    ("cube", &[4, 2, 3]),
    ("tied.a", &[4, 3]),
    ("tied.b", &[4, 3]),
];

#[test]
fn every_form_has_the_same_values() {
    let expected = Safetensors::open_file(&fixture("expected.safetensors")).unwrap();
    for file in ["zip.bin", "old.bin"] {
        let weights = open(&fixture(file)).unwrap();
        for (name, shape) in READABLE {
            let found = read(&weights, name, shape).unwrap();
            assert_eq!(
                found,
                read(&expected, name, shape).unwrap(),
                "{file}: {name}"
            );
        }
    }
    let module = open(&fixture("module.bin")).unwrap();
    for (name, original) in [("weight", "f32"), ("half", "f16")] {
        let found = read(&module, name, &[3, 4]).unwrap();
        assert_eq!(found, read(&expected, original, &[3, 4]).unwrap());
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let cases: [(&str, &[usize], &str); 6] = [
        ("positions", &[9], "LongStorage"),
        ("f64", &[2, 2], "DoubleStorage"),
        ("expanded", &[50, 3], "outside its storage"),
        ("nan", &[2], "not finite"),
        ("f32", &[4, 3], "the shape [3, 4]"),
        ("none", &[1], "is missing"),
    ];
    for file in ["zip.bin", "old.bin"] {
        let weights = open(&fixture(file)).unwrap();
        for (name, shape, expected) in cases {
            let error = read(&weights, name, shape).unwrap_err();
            for part in [file, name, expected] {
                assert!(error.contains(part), "{error}");
            }
        }
    }
    for (file, expected) in [
        ("big.bin", "byte order"),
        ("twice.bin", "tensor tied.a occurs twice"),
        ("generate.py", "not a PyTorch file"),
    ] {
        let error = open(&fixture(file)).err().unwrap().to_string();
        assert!(error.contains(file) && error.contains(expected), "{error}");
    }
}

/// Opens a changed file and reads everything that it says it has.
fn explore(path: &Path) {
    if let Ok(weights) = open(path) {
        for (name, shape) in READABLE {
            let _ = weights.read(name, shape);
        }
    }
}

#[test]
fn damage_anywhere_is_an_error_or_other_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.bin");
    let mut state = 5u64;
    for file in ["zip.bin", "old.bin"] {
        let bytes = std::fs::read(fixture(file)).unwrap();
        for cut in (0..bytes.len()).step_by(23) {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            explore(&path);
        }
        assert!(open(&path).is_err(), "{file} without its end");
        for _ in 0..2000 {
            let mut changed = bytes.clone();
            for _ in 0..3 {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                let at = (state >> 33) as usize % changed.len();
                changed[at] = (state >> 20) as u8;
            }
            std::fs::write(&path, &changed).unwrap();
            explore(&path);
        }
    }
}
