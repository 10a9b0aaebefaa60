//! Configurations of published models, and hostile ones.

use super::*;

const LLAMA: &str = r#"{"architectures": ["LlamaForCausalLM"], "attention_bias": false,
    "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "head_dim": 64,
    "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192,
    "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
    "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8,
    "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": {"factor": 32.0,
    "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
    "rope_type": "llama3"}, "rope_theta": 500000.0, "tie_word_embeddings": true,
    "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 128256}"#;

const QWEN2: &str = r#"{"architectures": ["Qwen2ForCausalLM"], "eos_token_id": 151645,
    "hidden_act": "silu", "hidden_size": 1536, "intermediate_size": 8960,
    "max_position_embeddings": 32768, "max_window_layers": 21, "model_type": "qwen2",
    "num_attention_heads": 12, "num_hidden_layers": 28, "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768,
    "tie_word_embeddings": true, "use_sliding_window": false, "vocab_size": 151936}"#;

fn read(json: &str) -> Config {
    Config::from_json(json.as_bytes()).unwrap()
}

/// The same configuration in the form of transformers 5.
fn five(json: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(json).unwrap();
    let map = json.as_object_mut().unwrap();
    let theta = map.remove("rope_theta").unwrap();
    let mut rope = map.remove("rope_scaling").unwrap_or_default();
    if rope.is_null() {
        rope = serde_json::json!({"rope_type": "default"});
    }
    rope["rope_theta"] = theta;
    map.insert("rope_parameters".to_owned(), rope);
    json.to_string()
}

#[test]
fn the_forms_of_transformers_4_and_5_say_the_same() {
    for json in [LLAMA, QWEN2] {
        assert_eq!(read(json), read(&five(json)));
    }
}

#[test]
fn llama() {
    let c = read(LLAMA);
    assert!(c.tied && !c.qk_norm && !c.qkv_bias && !c.post_norms && !c.scale_embedding);
    assert_eq!(c.eos, [128_001, 128_008, 128_009]);
    // Fast frequencies stay, slow ones are divided by 32, and it is blended between them.
    let plain = rope::frequencies(64, 500_000.0, |f| f).unwrap();
    assert_eq!(c.rope[0], plain[0]);
    assert_eq!(c.rope[31], plain[31] / 32.0);
    assert!(plain[16] / 32.0 < c.rope[16] && c.rope[16] < plain[16]);
    let biases = LLAMA
        .replace(r#""attention_bias": false"#, r#""attention_bias": true"#)
        .replace(r#""mlp_bias": false"#, r#""mlp_bias": true"#);
    let c = read(&biases);
    assert!(c.qkv_bias && c.output_bias && c.feed_forward_bias);
}

#[test]
fn older_rope_type_and_both_names_at_once() {
    for kind in [
        r#""type": "linear""#,
        r#""type": "linear", "rope_type": "linear""#,
    ] {
        let scaling = format!(r#""rope_scaling": {{{kind}, "factor": 4.0}}, "rope_theta""#);
        let c = read(&QWEN2.replace(r#""rope_theta""#, &scaling));
        assert_eq!(c.rope[0], 0.25);
    }
}

#[test]
fn qwen_2() {
    let c = read(QWEN2);
    assert!(c.qkv_bias && !c.output_bias && !c.qk_norm && !c.local.contains(&true));
    assert_eq!((c.head_dim, c.window), (128, 32_768));
    let c = read(&QWEN2.replace(
        r#""use_sliding_window": false"#,
        r#""use_sliding_window": true"#,
    ));
    assert_eq!(c.local.iter().filter(|&&l| l).count(), 7);
    assert!(!c.local[20] && c.local[21]);
}

#[test]
fn qwen_3_has_its_own_head_dimension_and_norms() {
    let json = QWEN2.replace("qwen2", "qwen3");
    assert_eq!(read(&json).head_dim, 128);
    let c = read(&json.replace(
        r#""hidden_size": 1536"#,
        r#""head_dim": 80, "hidden_size": 1536"#,
    ));
    assert!(c.qk_norm && !c.qkv_bias);
    assert_eq!((c.head_dim, c.query_scale), (80, 80.0));
}

#[test]
fn gemma_3_of_four_billion() {
    let c = read(
        r#"{"architectures": ["Gemma3ForConditionalGeneration"], "eos_token_id": [1, 106],
        "model_type": "gemma3", "text_config": {"hidden_size": 2560, "intermediate_size": 10240,
        "model_type": "gemma3_text", "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0,
        "rope_type": "linear"}, "sliding_window": 1024}, "vision_config": {"hidden_size": 1152}}"#,
    );
    assert_eq!((c.heads, c.kv_heads, c.head_dim), (8, 4, 256));
    assert_eq!((c.vocab, c.window, c.eos), (262_208, 1024, vec![1, 106]));
    assert_eq!((c.rope[0], c.local_rope[0]), (0.125, 1.0));
    assert_eq!(c.local.iter().filter(|&&l| !l).count(), 5);
}

#[test]
fn hostile_configurations_are_refused() {
    let cases = [
        (
            LLAMA,
            r#""hidden_act": "silu""#,
            r#""hidden_act": "tanh""#,
            "tanh",
        ),
        (LLAMA, r#""llama3""#, r#""yarn""#, "yarn"),
        (LLAMA, r#""factor": 32.0"#, r#""other": 1.0"#, "no factor"),
        (LLAMA, r#""factor": 32.0"#, r#""factor": 0.0"#, "not finite"),
        (LLAMA, "500000.0", "-1.0", "base"),
        (LLAMA, "500000.0", r#""a""#, "string"),
        (LLAMA, "1e-05", "-1e-05", "epsilon"),
        (LLAMA, r#""head_dim": 64"#, r#""head_dim": 63"#, "63"),
        (
            LLAMA,
            r#""head_dim": 64"#,
            r#""head_dim": 18446744073709551614"#,
            "head dimension",
        ),
        (
            LLAMA,
            r#""num_attention_heads": 32"#,
            r#""num_attention_heads": 0"#,
            "heads is 0",
        ),
        (
            QWEN2,
            r#""num_attention_heads": 12"#,
            r#""num_attention_heads": 0"#,
            "heads is 0",
        ),
        (
            QWEN2,
            r#""num_hidden_layers": 28"#,
            r#""num_hidden_layers": 9999999"#,
            "layers",
        ),
        (
            QWEN2,
            r#""num_hidden_layers": 28"#,
            r#""num_hidden_layers": -1"#,
            "-1",
        ),
        (
            QWEN2,
            r#""max_window_layers": 21"#,
            r#""layer_types": ["full_attention"]"#,
            "layer types",
        ),
        (
            QWEN2,
            r#""max_window_layers": 21"#,
            r#""layer_types": ["linear"]"#,
            "linear",
        ),
        (
            QWEN2,
            r#""vocab_size": 151936"#,
            r#""vocab_size": 4294967296"#,
            "vocabulary",
        ),
        (LLAMA, r#", "vocab_size": 128256"#, "", "vocab_size"),
        (QWEN2, r#""qwen2""#, r#""qwen2_moe""#, "qwen2_moe"),
    ];
    for (json, from, to, expected) in cases {
        assert!(json.contains(from), "{from}");
        let error = Config::from_json(json.replace(from, to).as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{to}: {error}");
    }
    for json in ["", "[]", "{}", r#"{"model_type": 3}"#] {
        assert!(Config::from_json(json.as_bytes()).is_err());
    }
}
