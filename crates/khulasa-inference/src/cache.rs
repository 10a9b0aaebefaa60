//! The key/value cache, shared by all sequences of a call.

use candle_core::{DType, Device, Result, Tensor};

use crate::ops::{Angles, Pass, Store};

/// The keys and the values of one layer.
pub(crate) type Layer = (Store, Store);

/// Keys and values of every layer for a fixed number of rows of `capacity` positions each,
/// allocated once.
///
/// A row belongs to the one sequence that writes it, but sequences may share what was written
/// before they parted: each remembers for every position which row holds it. So beams are
/// reordered, and finished sequences replaced, without moving a number.
pub(crate) struct Cache {
    pub layers: Vec<Layer>,
    /// What rotates queries and keys, if anything does, for `capacity` positions.
    pub angles: Vec<Angles>,
    /// What cross-attention sees, if the model has an encoder.
    pub sources: Option<Sources>,
    capacity: usize,
    free: Vec<u32>,
}

/// Keys and values that an encoder gave, one row a source.
pub(crate) struct Sources {
    pub layers: Vec<Layer>,
    capacity: usize,
    free: Vec<u32>,
}

/// A source in [`Sources`]: its row, and its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub row: u32,
    pub len: usize,
}

/// A sequence in a [`Cache`]: the row that it writes, and the row of each of its positions.
#[derive(Debug)]
pub(crate) struct Sequence {
    row: u32,
    history: Vec<u32>,
    source: Option<Source>,
}

/// How large keys and values are, and where they stand.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Layers.
    pub layers: usize,
    /// The keys of a position, and as many values.
    pub width: usize,
    /// Their type.
    pub dtype: DType,
    /// Their device.
    pub device: Device,
}

impl Place {
    /// Room for `rows` rows of `capacity` positions.
    pub fn stores(&self, rows: usize, capacity: usize) -> Result<Vec<Layer>> {
        (0..self.layers)
            .map(|_| Ok((self.store(rows, capacity)?, self.store(rows, capacity)?)))
            .collect()
    }

    /// Room in one layer, for the keys or for the values.
    pub fn store(&self, rows: usize, capacity: usize) -> Result<Store> {
        Tensor::zeros((rows, capacity, self.width), self.dtype, &self.device).map(Store)
    }
}

fn rows(n: usize) -> Vec<u32> {
    (0..n as u32).rev().collect()
}

impl Cache {
    /// An empty cache.
    pub fn new(place: &Place, rows_: usize, capacity: usize, angles: Vec<Angles>) -> Result<Self> {
        Ok(Self {
            layers: place.stores(rows_, capacity)?,
            angles,
            sources: None,
            capacity,
            free: rows(rows_),
        })
    }

    /// The same with room for `sources` sources of `capacity` tokens.
    pub fn with_sources(self, place: &Place, sources: usize, capacity: usize) -> Result<Self> {
        let sources = Sources {
            layers: place.stores(sources, capacity)?,
            capacity,
            free: rows(sources),
        };
        Ok(Self {
            sources: Some(sources),
            ..self
        })
    }

    /// Rows that no sequence writes.
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// Sources that there is room for; `None` if the model has no encoder.
    pub fn free_sources(&self) -> Option<usize> {
        Some(self.sources.as_ref()?.free.len())
    }

    /// Starts an empty sequence, if a row is free.
    pub fn start(&mut self, source: Option<Source>) -> Option<Sequence> {
        Some(Sequence {
            row: self.free.pop()?,
            history: Vec::new(),
            source,
        })
    }

    /// Gives the rows of all sequences of a prompt back, and their source's.
    pub fn end(&mut self, sequences: impl IntoIterator<Item = Sequence>) {
        let mut source = None;
        for sequence in sequences {
            self.free.push(sequence.row);
            source = source.or(sequence.source);
        }
        if let (Some(source), Some(sources)) = (source, &mut self.sources) {
            sources.free.push(source.row);
        }
    }
}

impl Sources {
    /// Takes a row for a source of `len` tokens.
    pub fn start(&mut self, len: usize) -> Result<Source> {
        match self.free.pop() {
            Some(row) if len <= self.capacity => Ok(Source { row, len }),
            _ => candle_core::bail!("there is no room for a source of {len} tokens"),
        }
    }
}

impl Sequence {
    /// The number of positions that it holds.
    pub fn len(&self) -> usize {
        self.history.len()
    }

    /// The row of each position.
    pub fn history(&self) -> &[u32] {
        &self.history
    }

    /// What it is written from, if the model has an encoder.
    pub fn source(&self) -> Option<Source> {
        self.source
    }

    /// Makes room for new positions in the sequence's own row.
    pub fn extend(&mut self, cache: &Cache, tokens: usize) -> Result<()> {
        if self.history.len() + tokens > cache.capacity {
            candle_core::bail!(
                "a sequence outgrew the cache's {} positions",
                cache.capacity
            );
        }
        self.history.resize(self.history.len() + tokens, self.row);
        Ok(())
    }

    /// Goes on from where `parent` is, in this sequence's own row.
    pub fn continue_from(&mut self, parent: &[u32]) {
        self.history.clear();
        self.history.extend_from_slice(parent);
    }
}

/// New tokens of some sequences, laid end to end.
pub(crate) struct Batch {
    /// The tokens.
    pub ids: Vec<u32>,
    /// The last of each sequence.
    pub last: Vec<u32>,
    /// What they see of their own sequences.
    pub pass: Pass,
    /// What they see of their sources, if they have any; all stand at its first position.
    pub cross: Pass,
}

impl Batch {
    /// Makes room in the sequences for their new tokens.
    pub fn new(cache: &Cache, batch: &mut [(&mut Sequence, &[u32])]) -> Result<Self> {
        let (mut ids, mut last) = (Vec::new(), Vec::new());
        let (mut tokens, mut histories, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for (s, (sequence, new)) in batch.iter_mut().enumerate() {
            let from = sequence.len();
            sequence.extend(cache, new.len())?;
            tokens.extend((from..sequence.len()).map(|position| (s, position)));
            histories.push(sequence.history().to_vec());
            let source = sequence.source();
            sources.push(source.map_or(Vec::new(), |source| vec![source.row; source.len]));
            ids.extend_from_slice(new);
            last.push((ids.len() - 1) as u32);
        }
        // Where a token stands means nothing to its source.
        let cross = tokens.iter().map(|&(s, _)| (s, 0)).collect();
        Ok(Self {
            ids,
            last,
            pass: Pass::new(tokens, histories),
            cross: Pass::new(cross, sources),
        })
    }
}
