//! Which of a repository's files a model needs.

use std::collections::BTreeSet;

/// What stands beside the weights: shapes, decoding, vocabulary.
const BESIDE: [&str; 9] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "target_vocab.json",
    "merges.txt",
];

/// The files of a repository that a model needs, small ones first and the weights last: a model
/// whose weights are there is complete. `file` names the weights where they are GGUF; without it
/// they are safetensors, or PyTorch's where there are none, or the one GGUF file. Weights for other
/// frameworks are never needed.
///
/// # Errors
/// A sentence that says what is missing, and what there is.
pub fn needed_files(names: &[&str], file: Option<&str>) -> Result<Vec<String>, String> {
    let weights = match file {
        Some(file) => gguf_parts(names, file)?,
        None => weights(names)?,
    };
    let mut needed = Vec::new();
    if weights.iter().all(|name| !name.ends_with(".gguf")) {
        let beside = names
            .iter()
            .filter(|name| BESIDE.contains(name) || !name.contains('/') && is_sentencepiece(name));
        needed.extend(beside.map(|&name| name.to_owned()));
        if !names.contains(&"config.json") {
            return Err(format!(
                "there is no config.json in it, but {}",
                some(names)
            ));
        }
    }
    needed.extend(weights);
    Ok(needed)
}

fn is_sentencepiece(name: &str) -> bool {
    name.ends_with(".spm") || name.ends_with(".model")
}

fn weights(names: &[&str]) -> Result<Vec<String>, String> {
    for (stem, ending) in [("model", "safetensors"), ("pytorch_model", "bin")] {
        let whole = format!("{stem}.{ending}");
        if names.contains(&whole.as_str()) {
            return Ok(vec![whole]);
        }
        let index = format!("{stem}.{ending}.index.json");
        let shard = |name: &&&str| {
            name.strip_prefix(stem)
                .and_then(|rest| rest.strip_suffix(ending)?.strip_suffix('.'))
                .and_then(part_of)
                .is_some()
        };
        let shards: BTreeSet<_> = names.iter().filter(shard).collect();
        if names.contains(&index.as_str()) && !shards.is_empty() {
            let shards = shards.into_iter().map(|&name| name.to_owned());
            return Ok([index].into_iter().chain(shards).collect());
        }
    }
    let ggufs: Vec<_> = names
        .iter()
        .filter(|name| name.ends_with(".gguf"))
        .collect();
    match ggufs[..] {
        [] => Err(format!(
            "there are no weights in it that can be read (safetensors, pytorch_model.bin or \
             GGUF), but {}",
            some(names)
        )),
        [&one] => gguf_parts(names, one),
        [&first, ..] if gguf_parts(names, first).is_ok_and(|parts| parts.len() == ggufs.len()) => {
            gguf_parts(names, first)
        }
        _ => Err(format!(
            "there are several GGUF files in it, and a model is one: name it as `file` in a card \
             (see models/README.md). There are {}",
            some(&ggufs.into_iter().copied().collect::<Vec<_>>())
        )),
    }
}

/// The GGUF file of this name, with all its parts if it is the first of several.
fn gguf_parts(names: &[&str], file: &str) -> Result<Vec<String>, String> {
    if !names.contains(&file) {
        let ggufs: Vec<_> = names
            .iter()
            .copied()
            .filter(|n| n.ends_with(".gguf"))
            .collect();
        return Err(format!("there is no {file} in it, but {}", some(&ggufs)));
    }
    let split = file.strip_suffix(".gguf").and_then(|stem| {
        let at = stem.len().checked_sub("-00001-of-00002".len())?;
        let (_, total) = part_of(stem.get(at..)?)?;
        Some((&stem[..at], total))
    });
    let Some((stem, total)) = split else {
        return Ok(vec![file.to_owned()]);
    };
    (1..=total)
        .map(|part| format!("{stem}-{part:05}-of-{total:05}.gguf"))
        .map(|name| match names.contains(&name.as_str()) {
            true => Ok(name),
            false => Err(format!("there is no {name} in it, which belongs to {file}")),
        })
        .collect()
}

/// `-00002-of-00003` as 2 and 3.
fn part_of(text: &str) -> Option<(usize, usize)> {
    let (part, total) = text.strip_prefix('-')?.split_once("-of-")?;
    let number = |text: &str| (text.len() == 5).then(|| text.parse().ok())?;
    Some((number(part)?, number(total)?))
}

/// The first few of some names.
fn some(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names if names.len() > 12 => format!("{}, …", names[..12].join(", ")),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_other_frameworks_are_not_needed() {
        let names = [
            ".gitattributes",
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "generation_config.json",
            "onnx/model.onnx",
            "pytorch_model.bin",
            "rust_model.ot",
            "source.spm",
            "target.spm",
            "tf_model.h5",
            "tokenizer_config.json",
            "vocab.json",
            "original/tokenizer.model",
        ];
        let marian = [
            "config.json",
            "generation_config.json",
            "source.spm",
            "target.spm",
            "tokenizer_config.json",
            "vocab.json",
            "pytorch_model.bin",
        ];
        assert_eq!(needed_files(&names, None).unwrap(), marian);
        let safe = [&names[..], &["model.safetensors"]].concat();
        let needed = needed_files(&safe, None).unwrap();
        assert_eq!(needed.last().unwrap(), "model.safetensors");
        assert!(!needed.contains(&"pytorch_model.bin".to_owned()));
    }

    #[test]
    fn shards_come_with_their_index() {
        let names = [
            "config.json",
            "model-00002-of-00002.safetensors",
            "model-00001-of-00002.safetensors",
            "model.safetensors.index.json",
            "model.fp16-00001-of-00002.safetensors",
        ];
        assert_eq!(
            needed_files(&names, None).unwrap()[1..],
            [
                "model.safetensors.index.json",
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors"
            ]
        );
    }

    #[test]
    fn one_gguf_of_many_is_named() {
        let names = [
            "README.md",
            "a-Q4_0.gguf",
            "a-Q8_0.gguf",
            "a-00001-of-00002.gguf",
        ];
        assert_eq!(
            needed_files(&names, Some("a-Q8_0.gguf")).unwrap(),
            ["a-Q8_0.gguf"]
        );
        for (file, reason) in [
            (None, "several GGUF files"),
            (
                Some("b.gguf"),
                "no b.gguf in it, but a-Q4_0.gguf, a-Q8_0.gguf",
            ),
            (Some("a-00001-of-00002.gguf"), "no a-00002-of-00002.gguf"),
        ] {
            let error = needed_files(&names, file).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        assert_eq!(
            needed_files(&["a.gguf", "README.md"], None).unwrap(),
            ["a.gguf"]
        );
        let parts = ["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"];
        assert_eq!(needed_files(&parts, None).unwrap(), parts);
    }

    #[test]
    fn what_is_missing_is_said() {
        for (names, reason) in [
            (&[][..], "no weights in it"),
            (
                &["config.json", "tf_model.h5"],
                "but config.json, tf_model.h5",
            ),
            (&["model.safetensors"], "no config.json"),
        ] {
            let error = needed_files(names, None).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
