//! The key/value cache, shared by all sequences of a call.

use candle_core::{DType, Device, Result, Tensor};

use super::config::Config;
use crate::ops::{Angles, Store};

/// Keys and values of every layer for a fixed number of rows of `capacity` positions each,
/// allocated once.
///
/// A row belongs to the one sequence that writes it, but sequences may share what was written
/// before they parted: each remembers for every position which row holds it. So beams are
/// reordered, and finished sequences replaced, without moving a number.
pub(crate) struct Cache {
    pub layers: Vec<(Store, Store)>,
    pub angles: Angles,
    pub local_angles: Angles,
    capacity: usize,
    free: Vec<u32>,
}

/// A sequence in a [`Cache`]: the row that it writes, and the row of each of its positions.
#[derive(Debug)]
pub(crate) struct Sequence {
    row: u32,
    history: Vec<u32>,
}

impl Cache {
    pub fn new(
        config: &Config,
        rows: usize,
        capacity: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let shape = (rows, capacity, config.kv_heads * config.head_dim);
        let layers = (0..config.layers)
            .map(|_| {
                let store = || Tensor::zeros(shape, dtype, device).map(Store);
                Ok((store()?, store()?))
            })
            .collect::<Result<_>>()?;
        let angles = |rope: super::config::Rope| {
            Angles::new(capacity, config.head_dim, rope.base, rope.stretch)
        };
        Ok(Self {
            layers,
            angles: angles(config.rope),
            local_angles: angles(config.local_rope),
            capacity,
            free: (0..rows as u32).rev().collect(),
        })
    }

    /// Rows that no sequence writes.
    pub fn free(&self) -> usize {
        self.free.len()
    }

    /// Starts an empty sequence, if a row is free.
    pub fn start(&mut self) -> Option<Sequence> {
        Some(Sequence {
            row: self.free.pop()?,
            history: Vec::new(),
        })
    }

    /// Gives a sequence's row back. Sequences that share positions with it must end with it.
    pub fn end(&mut self, sequence: Sequence) {
        self.free.push(sequence.row);
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
