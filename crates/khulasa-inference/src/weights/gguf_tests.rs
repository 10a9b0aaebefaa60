//! GGUF files whose metadata or tensors lie.

use std::path::Path;

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

use super::Gguf;
use crate::decoder::{Config, Decoder, Naming};
use crate::foreign::Foreign;
use crate::linear::Form;
use crate::ops::Backend;

/// A fixture's file with some metadata, and some tensors' shapes, replaced.
fn altered(
    name: &str,
    metadata: &[(&str, Option<Value>)],
    shape: Option<(&str, &[usize])>,
) -> (Gguf, tempfile::NamedTempFile) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(name);
    let (content, mut file) = Gguf::open(&path).unwrap().reopen().unwrap();
    let mut values = content.metadata.clone();
    for (key, value) in metadata {
        match value {
            Some(value) => values.insert((*key).to_owned(), value.clone()),
            None => values.remove(*key),
        };
    }
    let tensors: Vec<(&str, QTensor)> = content
        .tensor_infos
        .keys()
        .map(|key| {
            let tensor = match shape {
                Some((name, shape)) if name == key => {
                    let zeros = Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
                    QTensor::quantize(&zeros, GgmlDType::F32).unwrap()
                }
                _ => content.tensor(&mut file, key, &Device::Cpu).unwrap(),
            };
            (key.as_str(), tensor)
        })
        .collect();
    let mut out = tempfile::NamedTempFile::new().unwrap();
    let values: Vec<_> = values.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, t)| (*k, t)).collect();
    write(&mut out, &values, &tensors).unwrap();
    (Gguf::open(out.path()).unwrap(), out)
}

fn own(gguf: &Gguf) -> Result<Decoder, String> {
    let config = Config::from_gguf(gguf)?;
    let form = Form::Dense(DType::F32);
    Decoder::load(
        config,
        gguf,
        Naming::Gguf,
        form,
        Backend::Fused,
        &Device::Cpu,
    )
    .map_err(|e| e.to_string())
}

fn foreign(gguf: &Gguf) -> Result<Foreign, String> {
    Foreign::load(gguf, &Device::Cpu).map_err(|e| e.to_string())
}

#[test]
fn metadata() {
    let text = |s: &str| Some(Value::String(s.to_owned()));
    let cases = [
        ("llama3", "general.architecture", text("mamba"), "mamba"),
        (
            "llama3",
            "llama.block_count",
            Some(Value::U32(u32::MAX)),
            "layers",
        ),
        (
            "llama3",
            "llama.block_count",
            Some(Value::I32(-1)),
            "block_count",
        ),
        ("llama3", "llama.block_count", None, "block_count"),
        (
            "llama3",
            "llama.attention.head_count",
            Some(Value::U32(0)),
            "head",
        ),
        (
            "llama3",
            "llama.attention.head_count_kv",
            Some(Value::U32(3)),
            "share",
        ),
        (
            "llama3",
            "llama.attention.key_length",
            Some(Value::U32(12)),
            "part of the head",
        ),
        (
            "llama3",
            "llama.rope.freq_base",
            Some(Value::F32(f32::NAN)),
            "base",
        ),
        ("llama3", "llama.rope.scaling.type", text("yarn"), "yarn"),
        (
            "llama3",
            "llama.expert_count",
            Some(Value::U32(8)),
            "experts",
        ),
        (
            "llama3",
            "llama.context_length",
            Some(Value::U32(0)),
            "positions",
        ),
        ("llama3", "tokenizer.ggml.tokens", None, "vocabulary"),
        (
            "glm4",
            "glm4.block_count",
            Some(Value::U32(u32::MAX)),
            "block_count",
        ),
        ("glm4", "glm4.block_count", Some(Value::U32(3)), "blk.2"),
        (
            "glm4",
            "glm4.attention.head_count_kv",
            Some(Value::U32(0)),
            "head_count_kv",
        ),
        (
            "glm4",
            "glm4.attention.head_count_kv",
            Some(Value::U32(3)),
            "share",
        ),
        (
            "glm4",
            "glm4.attention.key_length",
            Some(Value::U32(6)),
            "head dimension",
        ),
        (
            "glm4",
            "glm4.attention.key_length",
            Some(Value::U32(20)),
            "fit together",
        ),
        (
            "glm4",
            "glm4.attention.layer_norm_rms_epsilon",
            None,
            "epsilon",
        ),
        (
            "lfm2",
            "lfm2.attention.head_count",
            Some(Value::U32(64)),
            "head dimension",
        ),
        (
            "lfm2",
            "lfm2.attention.head_count_kv",
            Some(Value::U32(3)),
            "lfm2",
        ),
        (
            "lfm2",
            "lfm2.shortconv.l_cache",
            Some(Value::U32(4)),
            "fit together",
        ),
        (
            "lfm2",
            "lfm2.context_length",
            Some(Value::U32(1)),
            "fit together",
        ),
    ];
    for (model, key, value, expected) in cases {
        let name = format!("{model}/model-f16.gguf");
        let (gguf, _file) = altered(&name, &[(key, value.clone())], None);
        let error = match model {
            "llama3" => own(&gguf).err(),
            _ => foreign(&gguf).err(),
        };
        let error = error.unwrap_or_default();
        assert!(error.contains(expected), "{key} {value:?}: {error:?}");
    }
}

#[test]
fn a_long_context_takes_no_memory() {
    for (model, key) in [
        ("glm4", "glm4.context_length"),
        ("lfm2", "lfm2.context_length"),
    ] {
        let name = format!("{model}/model-f16.gguf");
        let (gguf, _file) = altered(&name, &[(key, Some(Value::U32(u32::MAX)))], None);
        foreign(&gguf).unwrap();
    }
}

#[test]
fn tensors_of_wrong_shapes() {
    for (model, tensor, shape) in [
        ("llama3", "blk.1.ffn_down.weight", [40, 51]),
        ("llama3", "blk.0.attn_k.weight", [9, 40]),
        ("glm4", "blk.1.ffn_down.weight", [32, 47]),
        ("glm4", "token_embd.weight", [300, 32]),
        ("glm4", "output.weight", [300, 32]),
        ("lfm2", "blk.0.shortconv.in_proj.weight", [95, 32]),
        ("lfm2", "blk.1.attn_q.weight", [31, 32]),
    ] {
        let name = format!("{model}/model-f16.gguf");
        let (gguf, _file) = altered(&name, &[], Some((tensor, &shape)));
        if model == "llama3" {
            let error = own(&gguf).err().unwrap();
            assert!(error.contains(tensor), "{error}");
        } else {
            assert!(foreign(&gguf).is_err(), "{tensor}");
        }
    }
}
