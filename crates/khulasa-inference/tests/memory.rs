//! Loading takes little more memory than the weights. Each load runs in a process of its own,
//! whose peak the system keeps: `KHULASA_MEMORY=large cargo test --release -p khulasa-inference
//! --test memory -- --nocapture` measures a model of 300 MB.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![cfg(target_os = "linux")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use khulasa_inference::{DeviceChoice, Generator, LoadOptions};

/// A Llama's vocabulary, width, width inside its feed-forward layers, and number of layers.
const SMALL: [usize; 4] = [8000, 512, 1376, 2];
const LARGE: [usize; 4] = [32_000, 768, 2048, 4];

/// Writes a model of random weights in f32 and returns the size of its weights in bytes.
fn write_model(folder: &Path, [vocab, width, inner, layers]: [usize; 4]) -> u64 {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/llama2");
    std::fs::copy(
        fixture.join("tokenizer.json"),
        folder.join("tokenizer.json"),
    )
    .unwrap();
    let config = serde_json::json!({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": vocab,
        "hidden_size": width, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": width / 64, "num_key_value_heads": width / 64, "head_dim": 64,
        "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "tie_word_embeddings": false, "bos_token_id": 1, "eos_token_id": 2
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let mut tensors = vec![
        ("model.embed_tokens.weight".to_owned(), vec![vocab, width]),
        ("lm_head.weight".to_owned(), vec![vocab, width]),
        ("model.norm.weight".to_owned(), vec![width]),
    ];
    for layer in 0..layers {
        for (name, shape) in [
            ("input_layernorm", vec![width]),
            ("self_attn.q_proj", vec![width, width]),
            ("self_attn.k_proj", vec![width, width]),
            ("self_attn.v_proj", vec![width, width]),
            ("self_attn.o_proj", vec![width, width]),
            ("post_attention_layernorm", vec![width]),
            ("mlp.gate_proj", vec![inner, width]),
            ("mlp.up_proj", vec![inner, width]),
            ("mlp.down_proj", vec![width, inner]),
        ] {
            tensors.push((format!("model.layers.{layer}.{name}.weight"), shape));
        }
    }
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in &tensors {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        let entry =
            serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let path = folder.join("model.safetensors");
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    file.write_all(&(header.len() as u64).to_le_bytes())
        .unwrap();
    file.write_all(&header).unwrap();
    let mut state = 3u64;
    for _ in 0..end / 4 {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let value = (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
        file.write_all(&value.to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
    std::fs::metadata(&path).unwrap().len()
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

const FOLDER: &str = "KHULASA_MEMORY_FOLDER";
const PRECISION: &str = "KHULASA_MEMORY_PRECISION";

#[test]
fn loading_takes_little_more_than_the_weights() {
    if let Ok(folder) = std::env::var(FOLDER) {
        // The process that is measured.
        let options = LoadOptions {
            device: DeviceChoice::Cpu,
            precision: std::env::var(PRECISION).unwrap().parse().unwrap(),
            threads: Some(2),
        };
        let generator = Generator::load(Path::new(&folder), &options).unwrap();
        println!("peak={} {}", peak(), generator.longest_prompt());
        return;
    }
    let shape = match std::env::var("KHULASA_MEMORY").as_deref() {
        Ok("large") => LARGE,
        _ => SMALL,
    };
    let folder = tempfile::tempdir().unwrap();
    let size = write_model(folder.path(), shape);
    for (precision, limit) in [("f32", 1.3), ("q8_0", 0.6)] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "loading_takes_little_more_than_the_weights",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .env(PRECISION, precision)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let peak = text
            .split("peak=")
            .nth(1)
            .unwrap_or_else(|| panic!("{output:?}"));
        let peak: u64 = peak.split_whitespace().next().unwrap().parse().unwrap();
        let ratio = peak as f64 / size as f64;
        println!("{precision}: {peak} bytes for weights of {size}: {ratio:.2}");
        assert!(ratio < limit, "{precision}: {ratio:.2} times the weights");
    }
}
