//! Encoder–decoder models: one implementation, configured, for Marian, BART, mBART, Pegasus,
//! M2M100, NLLB, T5, mT5 and MADLAD-400.
//!
//! An encoder reads sources whole, several at once; every layer's keys and values for
//! cross-attention are computed then, once, and all beams of a source share them.

mod config;
mod families;
mod gguf;
mod layer;
mod names;
mod positions;

use candle_core::{DType, Device, Tensor};

pub(crate) use self::config::Config;
pub(crate) use self::families::FAMILIES;
use self::layer::{DecoderLayer, EncoderLayer, Loader, Norm};
pub(crate) use self::names::Naming;
use self::names::Side;
use crate::Result;
use crate::cache::{Batch, Cache, Place, Sequence};
use crate::linear::{Form, Linear, Weight};
use crate::model::{Model, Output, Room, Shape, Start};
use crate::ops::{self, Backend, Pass, PositionBias};
use crate::weights::Weights;

/// An encoder–decoder model.
pub(crate) struct Seq2Seq {
    config: Config,
    shape: Shape,
    backend: Backend,
    device: Device,
    encoder: Stack<EncoderLayer>,
    decoder: Stack<DecoderLayer>,
    head: Linear,
    /// The type of keys and values.
    dtype: DType,
}

/// One side of the model.
struct Stack<L> {
    embedding: Weight,
    positions: Option<Tensor>,
    bias: Option<PositionBias>,
    embedding_norm: Option<Norm>,
    layers: Vec<L>,
    last_norm: Option<Norm>,
}

impl<L> Stack<L> {
    fn load(
        loader: &Loader<'_>,
        side: Side,
        embedding: Weight,
        layer: impl Fn(usize) -> Result<L>,
    ) -> Result<Self> {
        let (config, naming) = (loader.config, loader.naming);
        let shape = match side {
            Side::Encoder => config.encoder,
            Side::Decoder => config.decoder,
        };
        let norm = |wanted: bool, name: String| -> Result<Option<Norm>> {
            Ok(if wanted {
                Some(loader.norm(&name)?)
            } else {
                None
            })
        };
        // The layers first: what is made for positions is small beside them.
        let layers = (0..shape.count).map(layer).collect::<Result<_>>()?;
        Ok(Self {
            embedding,
            positions: positions::table(
                config,
                loader.weights,
                naming,
                side,
                loader.form.dtype(),
                loader.device,
            )?,
            bias: positions::bias(
                config,
                shape,
                loader.weights,
                naming,
                side,
                loader.backend,
                loader.device,
            )?,
            embedding_norm: norm(config.norms.embedding, naming.embedding_norm(side))?,
            layers,
            last_norm: norm(config.norms.last, naming.last_norm(side))?,
        })
    }

    /// What the first layer reads: `[tokens, hidden]`.
    fn embed(&self, model: &Seq2Seq, ids: &[u32], pass: &Pass) -> Result<Tensor> {
        let mut x = self.embedding.embed(ids)?;
        if model.config.scale_embedding {
            x = (x * (model.config.hidden as f64).sqrt())?;
        }
        if let Some(table) = &self.positions {
            let at: Vec<u32> = pass.tokens().iter().map(|&(_, p)| p as u32).collect();
            let at = table.index_select(&Tensor::new(at, &model.device)?, 0)?;
            x = ops::sum(x, &at, model.backend)?;
        }
        match &self.embedding_norm {
            Some(norm) => Ok(norm.forward(&x, model.backend)?),
            None => Ok(x),
        }
    }

    fn finish(&self, x: Tensor, backend: Backend) -> Result<Tensor> {
        match &self.last_norm {
            Some(norm) => Ok(norm.forward(&x, backend)?),
            None => Ok(x),
        }
    }
}

impl Seq2Seq {
    /// Reads the weights.
    pub fn load(
        config: Config,
        weights: &dyn Weights,
        naming: Naming,
        form: Form,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let loader = Loader {
            config: &config,
            weights,
            naming,
            form,
            backend,
            device,
        };
        let matrix = |name: &str, columns: usize| {
            Weight::load(weights, &[(name, columns)], config.hidden, form, device)
        };
        let embedding = |side: Side, columns: usize| {
            let names = naming.embeddings(side, config.shared_embedding);
            let name = names.iter().find(|name| weights.has(name));
            matrix(name.unwrap_or(&names[0]), columns)
        };
        let read = embedding(Side::Encoder, config.vocab)?;
        let written = if config.shared_embedding {
            read.clone()
        } else {
            embedding(Side::Decoder, config.output_vocab)?
        };
        let head = if config.own_head && weights.has(naming.head()) {
            matrix(naming.head(), config.output_vocab)?
        } else {
            written.clone()
        };
        let bias = match config.output_bias && weights.has(naming.head_bias()) {
            true => Some(weights.read(naming.head_bias(), &[1, config.output_vocab])?),
            false => None,
        };
        let dtype = match &head {
            // bf16 as its bits: zeroed memory of this type is not touched before it is used.
            Weight::Int8(_) => DType::I16,
            Weight::Dense(weight) => weight.dtype(),
        };
        let head = Linear::head(head, config.output_vocab, bias.as_ref(), form, device)?;
        let encoder = Stack::load(&loader, Side::Encoder, read, |i| {
            EncoderLayer::load(&loader, i)
        })?;
        let decoder = Stack::load(&loader, Side::Decoder, written, |i| {
            DecoderLayer::load(&loader, i)
        })?;
        let shape = Shape {
            vocab: config.vocab,
            output_vocab: config.output_vocab,
            encoder: true,
            longest_prompt: config.max_positions,
            longest_sequence: config.max_positions,
        };
        Ok(Self {
            shape,
            backend,
            device: device.clone(),
            encoder,
            decoder,
            head,
            dtype,
            config,
        })
    }

    /// Where keys and values of a side's layers stand.
    fn place(&self, side: Side) -> Place {
        let layers = match side {
            Side::Encoder => self.config.encoder,
            Side::Decoder => self.config.decoder,
        };
        Place {
            layers: layers.count,
            width: layers.heads * layers.head_dim,
            dtype: self.dtype,
            device: self.device.clone(),
        }
    }

    /// Reads sources: `[tokens, hidden]`, laid end to end.
    fn encode(&self, sources: &[&[u32]]) -> Result<Tensor> {
        let longest = sources.iter().map(|s| s.len()).max().unwrap_or(0);
        let place = self.place(Side::Encoder);
        let stores = (
            place.store(sources.len(), longest)?,
            place.store(sources.len(), longest)?,
        );
        let rows = (0..sources.len()).map(|s| vec![s as u32; sources[s].len()]);
        let pass = Pass::new(tokens(sources), rows.collect());
        let mut x = self.encoder.embed(self, &sources.concat(), &pass)?;
        for layer in &self.encoder.layers {
            x = layer.forward(x, &stores, self.encoder.bias.as_ref(), &pass, self.backend)?;
        }
        self.encoder.finish(x, self.backend)
    }
}

/// `(sequence, position)` of all tokens of some sequences.
fn tokens(sequences: &[&[u32]]) -> Vec<(usize, usize)> {
    let sequences = sequences.iter().enumerate();
    sequences
        .flat_map(|(s, tokens)| (0..tokens.len()).map(move |p| (s, p)))
        .collect()
}

impl Model for Seq2Seq {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn cache(&self, room: Room) -> Result<Cache> {
        let place = self.place(Side::Decoder);
        let cache = Cache::new(&place, room.rows, room.positions, Vec::new())?;
        Ok(cache.with_sources(&place, room.prompts, room.prompt_tokens)?)
    }

    fn start(&self, cache: &mut Cache, prompts: &[&[u32]]) -> Result<Vec<Start>> {
        let Some(sources) = cache.sources.as_mut().filter(|_| !prompts.is_empty()) else {
            return Ok(Vec::new());
        };
        let read = self.encode(prompts)?;
        let (mut starts, mut histories) = (Vec::new(), Vec::new());
        for prompt in prompts {
            let source = sources.start(prompt.len())?;
            histories.push(vec![source.row; source.len]);
            starts.push(Start {
                source: Some(source),
                tokens: vec![self.config.start],
            });
        }
        let pass = Pass::new(tokens(prompts), histories);
        for (layer, stores) in self.decoder.layers.iter().zip(&sources.layers) {
            layer.read(&read, stores, &pass, self.backend)?;
        }
        Ok(starts)
    }

    fn forward(&self, cache: &Cache, batch: &mut [(&mut Sequence, &[u32])]) -> Result<Output<'_>> {
        let Batch {
            ids,
            last,
            pass,
            cross,
        } = Batch::new(cache, batch)?;
        let stores = cache.sources.iter().flat_map(|sources| &sources.layers);
        let mut x = self.decoder.embed(self, &ids, &pass)?;
        for ((layer, own), sources) in self.decoder.layers.iter().zip(&cache.layers).zip(stores) {
            let bias = self.decoder.bias.as_ref();
            x = layer.forward(x, (own, &pass), (sources, &cross), bias, self.backend)?;
        }
        if last.len() < ids.len() {
            x = x.index_select(&Tensor::new(last, &self.device)?, 0)?;
        }
        let mut x = self.decoder.finish(x, self.backend)?;
        if self.config.scale_output {
            x = (x * (self.config.hidden as f64).powf(-0.5))?;
        }
        Ok(Output::Hidden(x, &self.head))
    }
}
