//! Attention over what a cache holds.

use std::ops::Range;
use std::sync::OnceLock;

use candle_core::{
    CpuStorage, CustomOp3, D, DType, Device, InplaceOp2, Layout, Result, Shape, Tensor,
};
use rayon::prelude::*;

use super::{Backend, contiguous};
use crate::kernels::{self, Bias, Cell, Memory, Query, Scratch, TOGETHER};

/// The tokens of a forward pass, and what they see.
pub(crate) struct Pass {
    /// `(sequence, position)` of each token.
    tokens: Vec<(usize, usize)>,
    /// For each sequence, the cache row that holds each of its positions.
    histories: Vec<Vec<u32>>,
    plan: OnceLock<Plan>,
}

impl Pass {
    /// `tokens` are `(sequence, position)` each, those of a sequence together and in order;
    /// `histories` say for each sequence which cache row holds each position, the new ones
    /// included.
    pub fn new(tokens: Vec<(usize, usize)>, histories: Vec<Vec<u32>>) -> Self {
        Self {
            tokens,
            histories,
            plan: OnceLock::new(),
        }
    }

    /// `(sequence, position)` of each token.
    pub fn tokens(&self) -> &[(usize, usize)] {
        &self.tokens
    }

    fn plan(&self, capacity: usize, device: &Device) -> Result<&Plan> {
        if let Some(plan) = self.plan.get() {
            return Ok(plan);
        }
        let plan = Plan::new(self, capacity, device)?;
        Ok(self.plan.get_or_init(|| plan))
    }
}

/// Which positions a token sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those up to its own; if there is a number, only so many last ones.
    Past(Option<usize>),
    /// All of its sequence.
    All,
}

impl Reach {
    fn visible(self, position: usize, len: usize) -> Range<usize> {
        match self {
            Reach::Past(window) => {
                window.map_or(0, |w| (position + 1).saturating_sub(w))..position + 1
            }
            Reach::All => 0..len,
        }
    }
}

/// How a layer attends.
#[derive(Debug, Clone)]
pub(crate) struct Attention {
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
    pub scale: f32,
    pub reach: Reach,
}

impl Attention {
    /// The columns of queries, keys and values side by side.
    pub fn width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.dim
    }

    /// The columns of queries.
    pub fn q_width(&self) -> usize {
        self.heads * self.dim
    }

    /// The columns of keys, and of values.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.dim
    }
}

/// What each head adds to the score of a key so far from the query.
pub(crate) struct PositionBias {
    /// `[heads][2 × reach − 1]`: the value for `key − query` stands at `key − query + reach − 1`.
    values: Vec<f32>,
    reach: usize,
    /// The same as `[2 × reach − 1, heads]`, off the CPU.
    table: Option<Tensor>,
}

impl PositionBias {
    /// `of(head, key − query)` for distances below `reach`.
    pub fn new(
        heads: usize,
        reach: usize,
        of: impl Fn(usize, isize) -> f32,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let width = 2 * reach - 1;
        let values: Vec<f32> = (0..heads * width)
            .map(|i| of(i / width, (i % width) as isize - (reach as isize - 1)))
            .collect();
        let table = match backend {
            Backend::Fused => None,
            Backend::Portable => {
                let table = Tensor::from_slice(&values, (heads, width), device)?;
                Some(table.t()?.contiguous()?)
            }
        };
        Ok(Self {
            values,
            reach,
            table,
        })
    }
}

/// The keys or the values of one layer: `[rows, capacity, kv_heads × dim]`, allocated once, in f32
/// or, with [`Backend::Fused`], in bf16 as its bits (i16). Memory that no sequence has reached is
/// not touched.
pub(crate) struct Store(pub Tensor);

/// Writes columns of `x` (`[tokens, width]`), from `from` on, as the keys or the values of the
/// pass' tokens.
pub(crate) fn write(
    x: &Tensor,
    from: usize,
    store: &Store,
    pass: &Pass,
    backend: Backend,
) -> Result<()> {
    if backend == Backend::Fused {
        return store.0.inplace_op2(x, &Write { from, pass });
    }
    let (rows, capacity, width) = store.0.dims3()?;
    let new = x
        .narrow(1, from, width)?
        .to_dtype(store.0.dtype())?
        .contiguous()?;
    let slots = &pass.plan(capacity, x.device())?.slots;
    let slots = slots.broadcast_as(new.shape())?.contiguous()?;
    store
        .0
        .reshape((rows * capacity, width))?
        .scatter_set(&slots, &new, 0)
}

/// Attends from queries, the first columns of `q` (`[tokens, width]`): `[tokens, heads × dim]`.
pub(crate) fn attend(
    q: &Tensor,
    keys: &Store,
    values: &Store,
    attention: &Attention,
    bias: Option<&PositionBias>,
    pass: &Pass,
    backend: Backend,
) -> Result<Tensor> {
    match backend {
        Backend::Fused => {
            let op = Attend {
                attention,
                bias,
                pass,
            };
            q.apply_op3_no_bwd(&keys.0, &values.0, &op)
        }
        Backend::Portable => attend_portably(q, keys, values, attention, bias, pass),
    }
}

struct Write<'a> {
    from: usize,
    pass: &'a Pass,
}

impl Write<'_> {
    fn write<'a, T: Cell>(
        &self,
        store: &mut [T],
        rows: impl Iterator<Item = &'a [f32]>,
        capacity: usize,
    ) {
        for (row, &(sequence, position)) in rows.zip(&self.pass.tokens) {
            let slot = self.pass.histories[sequence][position] as usize * capacity + position;
            T::put(row, &mut store[slot * row.len()..(slot + 1) * row.len()]);
        }
    }
}

impl InplaceOp2 for Write<'_> {
    fn name(&self) -> &'static str {
        "cache write"
    }

    fn cpu_fwd(
        &self,
        store: &mut CpuStorage,
        store_layout: &Layout,
        x: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let (_, capacity, kv_width) = store_layout.shape().dims3()?;
        let (_, width) = layout.shape().dims2()?;
        let rows = contiguous(x, layout)?
            .chunks_exact(width)
            .map(|row| &row[self.from..self.from + kv_width]);
        match store {
            CpuStorage::F32(store) => self.write(store, rows, capacity),
            CpuStorage::I16(store) => self.write(store, rows, capacity),
            _ => candle_core::bail!("a cache of this type cannot be written"),
        }
        Ok(())
    }
}

struct Attend<'a> {
    attention: &'a Attention,
    bias: Option<&'a PositionBias>,
    pass: &'a Pass,
}

impl Attend<'_> {
    fn run<T: Cell>(
        &self,
        q: &[f32],
        stride: usize,
        keys: &[T],
        values: &[T],
        capacity: usize,
    ) -> Vec<f32> {
        let a = self.attention;
        let width = a.q_width();
        let level = kernels::level();
        let mut out = vec![0f32; self.pass.tokens.len() * width];
        let mut rest = out.as_mut_slice();
        let groups: Vec<_> = self
            .groups()
            .into_iter()
            .map(|tokens| {
                let out = rest.split_off_mut(..tokens.len() * width);
                (tokens, out.unwrap_or_default())
            })
            .collect();
        groups
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, (tokens, out)| {
                let (sequence, position) = self.pass.tokens[tokens.start];
                let history = &self.pass.histories[sequence];
                let visible = a.reach.visible(position, history.len());
                let memory = Memory {
                    keys,
                    values,
                    history: &history[..visible.end],
                    from: visible.start,
                    capacity,
                    kv_heads: a.kv_heads,
                    dim: a.dim,
                    bias: self.bias.map(|bias| Bias {
                        values: &bias.values,
                        reach: bias.reach,
                    }),
                };
                let queries: Vec<_> = tokens
                    .map(|t| Query {
                        heads: &q[t * stride..t * stride + width],
                        position: self.pass.tokens[t].1,
                    })
                    .collect();
                memory.attend(level, &queries, a.scale, scratch, out);
            });
        out
    }

    /// The tokens in groups that see the same.
    fn groups(&self) -> Vec<Range<usize>> {
        let (tokens, histories) = (&self.pass.tokens, &self.pass.histories);
        let same = |a: usize, b: usize| {
            let (a, b) = (tokens[a].0, tokens[b].0);
            self.attention.reach == Reach::All && (a == b || histories[a] == histories[b])
        };
        let mut groups: Vec<Range<usize>> = Vec::new();
        for t in 0..tokens.len() {
            match groups.last_mut() {
                Some(last) if last.len() < TOGETHER && same(last.start, t) => last.end = t + 1,
                _ => groups.push(t..t + 1),
            }
        }
        groups
    }
}

impl CustomOp3 for Attend<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, capacity, _) = keys_layout.shape().dims3()?;
        let (tokens, stride) = q_layout.shape().dims2()?;
        let q = contiguous(q, q_layout)?;
        let out = match (keys, values) {
            (CpuStorage::F32(keys), CpuStorage::F32(values)) => {
                self.run(q, stride, keys, values, capacity)
            }
            (CpuStorage::I16(keys), CpuStorage::I16(values)) => {
                self.run(q, stride, keys, values, capacity)
            }
            _ => candle_core::bail!("a cache of this type cannot be read"),
        };
        Ok((
            CpuStorage::F32(out),
            (tokens, self.attention.q_width()).into(),
        ))
    }
}

/// Where the tokens of a pass stand when its sequences are padded to the longest, for attention of
/// candle's operations; made once a pass, and on the device.
struct Plan {
    /// Sequences.
    sequences: usize,
    /// The most tokens of a sequence, and the most positions.
    most: usize,
    longest: usize,
    /// The slot of each token's key and value: `[tokens, 1]`.
    slots: Tensor,
    /// For each padded place its token, and for each token its padded place.
    token_of: Tensor,
    place_of: Tensor,
    /// The slot of each position, padded.
    slot_of: Tensor,
    /// The position of each place (`[sequences, most, 1]`), the number of positions of each
    /// sequence (`[sequences, 1, 1]`), and all positions (`[1, 1, longest]`).
    query: Tensor,
    lengths: Tensor,
    key: Tensor,
}

impl Plan {
    fn new(pass: &Pass, capacity: usize, device: &Device) -> Result<Self> {
        let sequences = pass.histories.len();
        let longest = pass.histories.iter().map(Vec::len).max().unwrap_or(0);
        let slot = |s: usize, p: usize| pass.histories[s][p] * capacity as u32 + p as u32;
        let mut new = vec![Vec::new(); sequences];
        for (t, &(sequence, position)) in pass.tokens.iter().enumerate() {
            new[sequence].push((t as u32, position));
        }
        let most = new.iter().map(Vec::len).max().unwrap_or(0);
        let mut token_of = vec![0u32; sequences * most];
        let mut query = vec![0u32; sequences * most];
        let mut place_of = vec![0u32; pass.tokens.len()];
        let mut slot_of = vec![0u32; sequences * longest];
        for (s, (new, history)) in new.iter().zip(&pass.histories).enumerate() {
            for (p, slot_of) in slot_of[s * longest..][..history.len()]
                .iter_mut()
                .enumerate()
            {
                *slot_of = slot(s, p);
            }
            for (t, &(token, position)) in new.iter().enumerate() {
                let place = s * most + t;
                token_of[place] = token;
                query[place] = position as u32;
                place_of[token as usize] = place as u32;
            }
        }
        let slots: Vec<u32> = pass.tokens.iter().map(|&(s, p)| slot(s, p)).collect();
        let lengths: Vec<u32> = pass.histories.iter().map(|h| h.len() as u32).collect();
        let key: Vec<u32> = (0..longest as u32).collect();
        let tensor = |values: Vec<u32>, shape: &[usize]| Tensor::from_vec(values, shape, device);
        let tokens = slots.len();
        Ok(Self {
            sequences,
            most,
            longest,
            slots: tensor(slots, &[tokens, 1])?,
            token_of: tensor(token_of, &[sequences * most])?,
            place_of: tensor(place_of, &[tokens])?,
            slot_of: tensor(slot_of, &[sequences * longest])?,
            query: tensor(query, &[sequences, most, 1])?,
            lengths: tensor(lengths, &[sequences, 1, 1])?,
            key: tensor(key, &[1, 1, longest])?,
        })
    }

    /// 0 where a place sees a position and −∞ elsewhere: `[sequences, most, longest]`.
    fn mask(&self, reach: Reach) -> Result<Tensor> {
        let shape = (self.sequences, self.most, self.longest);
        let key = self.key.broadcast_as(shape)?;
        let query = self.query.broadcast_as(shape)?;
        let visible = match reach {
            Reach::All => key.lt(&self.lengths.broadcast_as(shape)?)?,
            Reach::Past(None) => key.le(&query)?,
            Reach::Past(Some(window)) => {
                // key > query − window, without numbers below 0.
                let near =
                    (key.to_dtype(DType::F32)? + window as f64)?.gt(&query.to_dtype(DType::F32)?)?;
                (key.le(&query)? * near)?
            }
        };
        let seen = Tensor::zeros(shape, DType::F32, self.key.device())?;
        let hidden = Tensor::full(f32::NEG_INFINITY, shape, self.key.device())?;
        visible.where_cond(&seen, &hidden)
    }

    /// The bias of each head, place and position: `[sequences, heads, most, longest]`.
    fn bias(&self, bias: &PositionBias) -> Result<Tensor> {
        let Some(table) = &bias.table else {
            candle_core::bail!("a position bias was made for another backend");
        };
        let shape = (self.sequences, self.most, self.longest);
        let from = (&self.key + (bias.reach - 1) as f64)?.broadcast_as(shape)?;
        let at = (from - self.query.broadcast_as(shape)?)?;
        let heads = table.dims2()?.1;
        table
            .index_select(&at.flatten_all()?, 0)?
            .reshape((self.sequences, self.most, self.longest, heads))?
            .permute((0, 3, 1, 2))
    }
}

/// Attention of candle's operations: sequences padded to the longest, with a mask.
fn attend_portably(
    q: &Tensor,
    keys: &Store,
    values: &Store,
    attention: &Attention,
    bias: Option<&PositionBias>,
    pass: &Pass,
) -> Result<Tensor> {
    let Attention {
        heads,
        kv_heads,
        dim,
        scale,
        reach,
    } = *attention;
    let (rows, capacity, kv_width) = keys.0.dims3()?;
    let group = heads / kv_heads;
    let plan = pass.plan(capacity, q.device())?;
    let (sequences, most, longest) = (plan.sequences, plan.most, plan.longest);
    let dtype = q.dtype();
    let q = q
        .narrow(1, 0, heads * dim)?
        .contiguous()?
        .index_select(&plan.token_of, 0)?
        .reshape((sequences, most, kv_heads, group, dim))?
        .permute((0, 2, 3, 1, 4))?
        .reshape((sequences, kv_heads, group * most, dim))?;
    let gather = |store: &Store| -> Result<Tensor> {
        store
            .0
            .reshape((rows * capacity, kv_width))?
            .index_select(&plan.slot_of, 0)?
            .reshape((sequences, longest, kv_heads, dim))?
            .transpose(1, 2)?
            .contiguous()
    };
    let (k, v) = (gather(keys)?, gather(values)?);
    let scores = (q.contiguous()?.matmul(&k.t()?)?.to_dtype(DType::F32)? * f64::from(scale))?
        .reshape((sequences, heads, most, longest))?;
    let scores = match bias {
        Some(bias) => (scores + plan.bias(bias)?)?,
        None => scores,
    };
    let scores = scores.broadcast_add(&plan.mask(reach)?.unsqueeze(1)?)?;
    let scores = scores
        .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
        .exp()?;
    let scores = scores
        .broadcast_div(&scores.sum_keepdim(D::Minus1)?)?
        .to_dtype(dtype)?
        .reshape((sequences, kv_heads, group * most, longest))?;
    scores
        .matmul(&v)?
        .reshape((sequences, kv_heads, group, most, dim))?
        .permute((0, 3, 1, 2, 4))?
        .reshape((sequences * most, heads * dim))?
        .index_select(&plan.place_of, 0)
}
