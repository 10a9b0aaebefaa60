//! Decoder-only architectures that candle implements, from GGUF files: one sequence at a time, on
//! candle's own quantised products.
//!
//! Such a network keeps the keys and values of one sequence, and begins again at position 0. So
//! what [`Cache`] holds for these models is the tokens that each sequence has read; a sequence
//! that the network does not hold is read again from its beginning.

use std::fs::File;
use std::io::BufReader;
use std::sync::{Mutex, PoisonError};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::{quantized_glm4, quantized_lfm2};

use crate::cache::{Cache, Place, Sequence};
use crate::model::{Model, Output, Room, Shape, Start};
use crate::weights::Gguf;
use crate::{Error, Result};

/// The architectures, as GGUF files name them.
pub(crate) const ARCHITECTURES: [&str; 2] = ["glm4", "lfm2"];

/// candle computes the angles of all positions beforehand: no more than these.
const MAX_POSITIONS: usize = 1 << 15;

/// A network of candle's.
enum Network {
    Glm4(quantized_glm4::ModelWeights),
    Lfm2(quantized_lfm2::ModelWeights),
}

/// A model that runs on candle's implementation.
pub(crate) struct Foreign {
    shape: Shape,
    device: Device,
    state: Mutex<State>,
}

struct State {
    network: Network,
    /// The tokens whose keys and values the network holds.
    read: Vec<u32>,
}

impl Foreign {
    /// Whether a file's architecture is one of these.
    pub fn runs(gguf: &Gguf) -> bool {
        ARCHITECTURES.contains(&architecture(gguf))
    }

    /// Loads the model of a GGUF file of one of [`ARCHITECTURES`].
    pub fn load(gguf: &Gguf, device: &Device) -> Result<Self> {
        let error = |reason: String| Error::Model {
            path: gguf.path().to_owned(),
            reason,
        };
        let shape = shape(gguf).map_err(error)?;
        let (mut content, mut file) = gguf.reopen()?;
        let architecture = architecture(gguf);
        content.metadata.insert(
            format!("{architecture}.context_length"),
            Value::U32(shape.longest_sequence as u32),
        );
        let network = Network::load(architecture, content, &mut file, device)
            .map_err(|e| error(e.to_string()))?;
        let mut state = State {
            network,
            read: Vec::new(),
        };
        // The network checks nothing before it runs.
        let logits = state
            .advance(&[shape.vocab as u32 - 1, 0], device)
            .map_err(|e| error(format!("its tensors do not fit together: {e}")))?;
        if logits.dims() != [1, shape.output_vocab] {
            return Err(error(format!(
                "the output is {:?} for a vocabulary of {}",
                logits.dims(),
                shape.vocab
            )));
        }
        Ok(Self {
            shape,
            device: device.clone(),
            state: Mutex::new(state),
        })
    }
}

fn architecture(gguf: &Gguf) -> &str {
    match gguf.value("general.architecture") {
        Some(Value::String(name)) => name,
        _ => "",
    }
}

/// The model's shape, from metadata that candle can work with.
fn shape(gguf: &Gguf) -> std::result::Result<Shape, String> {
    let architecture = architecture(gguf);
    let number = |name: &str, limit: usize| {
        let key = format!("{architecture}.{name}");
        let value = gguf
            .value(&key)
            .ok_or_else(|| format!("the key {key} is missing"))?
            .to_u32()
            .map_err(|e| format!("{key}: {e}"))? as usize;
        if value == 0 || value > limit {
            return Err(format!("{key} is {value}"));
        }
        Ok(value)
    };
    number("block_count", 1 << 12)?;
    let hidden = number("embedding_length", 1 << 20)?;
    let heads = number("attention.head_count", 1 << 12)?;
    let head_dim = match architecture {
        "glm4" => {
            let kv_heads = number("attention.head_count_kv", heads)?;
            if !heads.is_multiple_of(kv_heads) {
                return Err(format!(
                    "{heads} heads do not share {kv_heads} key/value heads"
                ));
            }
            number("attention.key_length", 1 << 10)?
        }
        _ => {
            number("shortconv.l_cache", 1 << 10)?;
            hidden / heads
        }
    };
    // Half of a head rotates in GLM-4, in pairs.
    if head_dim == 0 || !head_dim.is_multiple_of(4) || head_dim > 1 << 10 {
        return Err(format!("the head dimension is {head_dim}"));
    }
    let vocab = match gguf.value("tokenizer.ggml.tokens") {
        Some(Value::Array(tokens)) if !tokens.is_empty() => tokens.len(),
        _ => return Err("there is no vocabulary (tokenizer.ggml.tokens)".to_owned()),
    };
    let positions = number("context_length", usize::MAX)?.min(MAX_POSITIONS);
    Ok(Shape {
        vocab,
        output_vocab: vocab,
        encoder: false,
        longest_prompt: positions - 1,
        longest_sequence: positions,
    })
}

impl Network {
    fn load(
        architecture: &str,
        content: Content,
        file: &mut BufReader<File>,
        device: &Device,
    ) -> candle_core::Result<Self> {
        match architecture {
            "glm4" => quantized_glm4::ModelWeights::from_gguf(content, file, device, DType::F32)
                .map(Network::Glm4),
            "lfm2" => {
                quantized_lfm2::ModelWeights::from_gguf(content, file, device).map(Network::Lfm2)
            }
            other => candle_core::bail!("architecture {other:?} is not supported"),
        }
    }

    /// Reads tokens at `position` and returns the logits after the last, `[1, vocabulary]`.
    fn forward(
        &mut self,
        tokens: &[u32],
        position: usize,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let tokens = Tensor::new(tokens, device)?.unsqueeze(0)?;
        match self {
            Network::Glm4(network) => network.forward(&tokens, position),
            Network::Lfm2(network) => network.forward(&tokens, position),
        }
    }
}

impl State {
    /// The logits after a sequence's last token.
    fn advance(&mut self, sequence: &[u32], device: &Device) -> candle_core::Result<Tensor> {
        let read = std::mem::take(&mut self.read);
        let new = match sequence.strip_prefix(read.as_slice()) {
            Some(new) if !read.is_empty() && !new.is_empty() => new,
            _ => &[],
        };
        let logits = if let Some((last, others)) = new.split_last() {
            // LFM2's convolutions see no further back than the tokens that are read at once.
            for (i, token) in others.iter().enumerate() {
                self.network.forward(&[*token], read.len() + i, device)?;
            }
            self.network.forward(&[*last], sequence.len() - 1, device)?
        } else {
            // If it begins with a single token, they see what they saw before.
            if sequence.len() == 1 && matches!(self.network, Network::Lfm2(_)) {
                candle_core::bail!("this architecture reads prompts of at least two tokens");
            }
            self.network.forward(sequence, 0, device)?
        };
        self.read = sequence.to_vec();
        Ok(logits)
    }
}

impl Model for Foreign {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn cache(&self, room: Room) -> Result<Cache> {
        let place = Place {
            layers: 1,
            width: 1,
            dtype: DType::U32,
            device: Device::Cpu,
        };
        Ok(Cache::new(&place, room.rows, room.positions, Vec::new())?)
    }

    fn start(&self, _: &mut Cache, prompts: &[&[u32]]) -> Result<Vec<Start>> {
        let start = |tokens: &&[u32]| Start {
            source: None,
            tokens: tokens.to_vec(),
        };
        Ok(prompts.iter().map(start).collect())
    }

    fn forward(&self, cache: &Cache, batch: &mut [(&mut Sequence, &[u32])]) -> Result<Output<'_>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &cache.layers[0].0.0;
        let (_, capacity, _) = store.dims3()?;
        let mut rows = Vec::with_capacity(batch.len());
        for (sequence, tokens) in batch.iter_mut() {
            let from = sequence.len();
            sequence.extend(cache, tokens.len())?;
            let own = sequence.history()[from] as usize;
            let new = Tensor::from_slice(tokens, (tokens.len(), 1), &Device::Cpu)?;
            store
                .narrow(0, own, 1)?
                .squeeze(0)?
                .slice_set(&new, 0, from)?;
            let slots = sequence.history().iter().enumerate();
            let slots: Vec<u32> = slots
                .map(|(i, row)| row * capacity as u32 + i as u32)
                .collect();
            let slots = Tensor::new(slots, &Device::Cpu)?;
            let read = store.flatten_all()?.index_select(&slots, 0)?.to_vec1()?;
            let logits = state.advance(&read, &self.device)?;
            rows.push(logits);
        }
        Ok(Output::Logits(Tensor::cat(&rows, 0)?))
    }
}
