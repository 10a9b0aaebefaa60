//! What a decoder layer does besides its products, as one pass over memory each on the CPU, and
//! as compositions of candle's operations elsewhere.
//!
//! A forward pass runs over the tokens of all sequences laid end to end, `[tokens, width]`:
//! there is no padding, and only attention knows which token belongs to which sequence.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp3, D, DType, InplaceOp1, InplaceOp2, Layout, Result, Shape,
    Tensor,
};
use rayon::prelude::*;

use crate::kernels::{self, Cell, Memory};

/// Which implementation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// This crate's kernels: f32 on the CPU.
    Fused,
    /// candle's operations, on any device in any type.
    Portable,
}

/// The tokens of a forward pass: `(sequence, position)` each, and for each sequence the cache row
/// that holds each of its positions, the new ones included.
pub(crate) struct Pass {
    pub tokens: Vec<(usize, usize)>,
    pub histories: Vec<Vec<u32>>,
}

/// How a layer attends.
#[derive(Debug, Clone)]
pub(crate) struct Attention {
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
    pub scale: f32,
    /// Only this many last positions are visible.
    pub window: Option<usize>,
}

impl Attention {
    /// The columns of queries, keys and values side by side.
    pub fn width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.dim
    }

    fn first_visible(&self, position: usize) -> usize {
        self.window.map_or(0, |w| (position + 1).saturating_sub(w))
    }
}

/// The slice that a contiguous f32 tensor is.
pub(crate) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => candle_core::bail!("a contiguous tensor is needed"),
    }
}

fn contiguous_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((from, to))) => Ok(&mut data[from..to]),
        _ => candle_core::bail!("a contiguous f32 tensor is needed"),
    }
}

/// Rows per task, so that a decoding step's few rows stay on one thread where they are cheap.
const ROWS: usize = 8;

/// Root-mean-square norm with its weight.
pub(crate) struct RmsNorm {
    pub weight: Tensor,
    pub epsilon: f32,
    /// The weight once more, for the kernels; empty off the CPU.
    values: Vec<f32>,
}

impl RmsNorm {
    pub fn new(weight: Tensor, epsilon: f32, backend: Backend) -> Result<Self> {
        let values = match backend {
            Backend::Fused => weight.to_vec1::<f32>()?,
            Backend::Portable => Vec::new(),
        };
        Ok(Self {
            weight,
            epsilon,
            values,
        })
    }

    pub fn forward(&self, x: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => x.apply_op1_no_bwd(&Norm(self)),
            Backend::Portable => {
                let x32 = x.to_dtype(DType::F32)?;
                let mean = x32.sqr()?.mean_keepdim(D::Minus1)?;
                let y = x32.broadcast_div(&(mean + f64::from(self.epsilon))?.sqrt()?)?;
                y.broadcast_mul(&self.weight.to_dtype(DType::F32)?)?
                    .to_dtype(x.dtype())
            }
        }
    }

    /// `x + norm(y)`. With [`Backend::Fused`] `x` itself is changed.
    pub fn add(&self, x: Tensor, y: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => {
                x.inplace_op2(y, &Norm(self))?;
                Ok(x)
            }
            Backend::Portable => x + self.forward(y, backend)?,
        }
    }
}

struct Norm<'a>(&'a RmsNorm);

impl CustomOp1 for Norm<'_> {
    fn name(&self) -> &'static str {
        "rms norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let mut out = vec![0f32; x.len()];
        let piece = ROWS * self.0.values.len();
        out.par_chunks_mut(piece)
            .zip(x.par_chunks(piece))
            .for_each(|(out, x)| {
                kernels::rms_norm(x, &self.0.values, self.0.epsilon, out);
            });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

impl InplaceOp2 for Norm<'_> {
    fn name(&self) -> &'static str {
        "add rms norm"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<()> {
        let (x, y) = (contiguous_mut(x, x_layout)?, contiguous(y, y_layout)?);
        let piece = ROWS * self.0.values.len();
        x.par_chunks_mut(piece)
            .zip(y.par_chunks(piece))
            .for_each(|(x, y)| {
                kernels::add_rms_norm(x, y, &self.0.values, self.0.epsilon);
            });
        Ok(())
    }
}

/// What stands between the two products of a gated feed-forward layer (Shazeer 2020).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// GELU in its tanh form.
    GeluTanh,
    /// SiLU, also called swish.
    Silu,
}

/// `[tokens, 2 × width]` (gate, up) to `activation(gate) × up`.
pub(crate) fn gated(gate_up: &Tensor, activation: Activation, backend: Backend) -> Result<Tensor> {
    match backend {
        Backend::Fused => gate_up.apply_op1_no_bwd(&Gated(activation)),
        Backend::Portable => {
            let parts = gate_up.chunk(2, D::Minus1)?;
            let gate = match activation {
                Activation::GeluTanh => parts[0].gelu()?,
                Activation::Silu => parts[0].silu()?,
            };
            gate * &parts[1]
        }
    }
}

struct Gated(Activation);

impl CustomOp1 for Gated {
    fn name(&self) -> &'static str {
        "gated activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let (rows, twice) = layout.shape().dims2()?;
        let width = twice / 2;
        let mut out = vec![0f32; rows * width];
        out.par_chunks_mut(ROWS * width)
            .zip(x.par_chunks(ROWS * twice))
            .for_each(|(out, x)| {
                kernels::gated(x, width, self.0 == Activation::GeluTanh, out);
            });
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }
}

/// Cosines and sines of the rotary angles, `[position][dim / 2]`.
pub(crate) struct Angles {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Angles {
    /// Positions `0..positions`, at so many radians a position for each pair.
    pub fn new(positions: usize, frequencies: &[f32]) -> Self {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in 0..positions {
            for &f in frequencies {
                let angle = f64::from(position as f32 * f);
                cos.push(angle.cos() as f32);
                sin.push(angle.sin() as f32);
            }
        }
        let half = frequencies.len();
        Self { half, cos, sin }
    }

    fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.half..(position + 1) * self.half;
        (&self.cos[range.clone()], &self.sin[range])
    }
}

/// Normalises (where the model does) and rotates the queries and keys in `[tokens, width]` rows
/// of queries, keys and values.
pub(crate) fn rotate(
    qkv: Tensor,
    attention: &Attention,
    norms: Option<&(RmsNorm, RmsNorm)>,
    angles: &Angles,
    pass: &Pass,
    backend: Backend,
) -> Result<Tensor> {
    if backend == Backend::Fused {
        qkv.inplace_op1(&Rotate {
            attention,
            norms,
            angles,
            pass,
        })?;
        return Ok(qkv);
    }
    let (tokens, _) = qkv.dims2()?;
    let (q_width, kv_width) = (
        attention.heads * attention.dim,
        attention.kv_heads * attention.dim,
    );
    let table = |values: &[f32]| -> Result<Tensor> {
        let rows: Vec<f32> = pass
            .tokens
            .iter()
            .flat_map(|&(_, p)| &values[p * angles.half..(p + 1) * angles.half])
            .copied()
            .collect();
        Tensor::from_vec(rows, (tokens, 1, angles.half), qkv.device())
    };
    let (cos, sin) = (table(&angles.cos)?, table(&angles.sin)?);
    let turn = |from: usize, width: usize, norm: Option<&RmsNorm>| -> Result<Tensor> {
        let mut x = qkv
            .narrow(1, from, width)?
            .reshape((tokens, (), attention.dim))?;
        if let Some(norm) = norm {
            x = norm.forward(&x, backend)?;
        }
        let x = x.to_dtype(DType::F32)?;
        let halves = x.chunk(2, D::Minus1)?;
        let (a, b) = (&halves[0], &halves[1]);
        let left = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
        let right = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
        Tensor::cat(&[left, right], D::Minus1)?
            .reshape((tokens, width))?
            .to_dtype(qkv.dtype())
    };
    let q = turn(0, q_width, norms.map(|n| &n.0))?;
    let k = turn(q_width, kv_width, norms.map(|n| &n.1))?;
    Tensor::cat(&[q, k, qkv.narrow(1, q_width + kv_width, kv_width)?], 1)
}

struct Rotate<'a> {
    attention: &'a Attention,
    norms: Option<&'a (RmsNorm, RmsNorm)>,
    angles: &'a Angles,
    pass: &'a Pass,
}

impl InplaceOp1 for Rotate<'_> {
    fn name(&self) -> &'static str {
        "rotary embedding"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let Attention {
            heads,
            kv_heads,
            dim,
            ..
        } = *self.attention;
        let rows = contiguous_mut(storage, layout)?;
        let norm = |n: &'_ RmsNorm| n.epsilon;
        rows.par_chunks_mut(self.attention.width())
            .zip(&self.pass.tokens)
            .with_min_len(ROWS)
            .for_each(|(row, &(_, position))| {
                let (cos, sin) = self.angles.at(position);
                for (h, head) in row.chunks_exact_mut(dim).take(heads + kv_heads).enumerate() {
                    let norm = self.norms.map(|(q, k)| {
                        let n = if h < heads { q } else { k };
                        (n.values.as_slice(), norm(n))
                    });
                    kernels::rope(head, norm, cos, sin);
                }
            });
        Ok(())
    }
}

/// The keys or the values of one layer: `[rows, capacity, kv_heads × dim]`, allocated once, in f32
/// or, with [`Backend::Fused`], in bf16 as its bits (i16). Memory that no sequence has reached is
/// not touched.
pub(crate) struct Store(pub Tensor);

/// Writes the new keys and values of `qkv` into the caches and attends over them:
/// `[tokens, heads × dim]`.
pub(crate) fn attend(
    qkv: &Tensor,
    keys: &Store,
    values: &Store,
    attention: &Attention,
    pass: &Pass,
    backend: Backend,
) -> Result<Tensor> {
    let (q_width, kv_width) = (
        attention.heads * attention.dim,
        attention.kv_heads * attention.dim,
    );
    for (store, from) in [(keys, q_width), (values, q_width + kv_width)] {
        match backend {
            Backend::Fused => store.0.inplace_op2(qkv, &Write { from, pass })?,
            Backend::Portable => {
                for (t, &(sequence, position)) in pass.tokens.iter().enumerate() {
                    let row = pass.histories[sequence][position] as usize;
                    let new = qkv
                        .narrow(0, t, 1)?
                        .narrow(1, from, kv_width)?
                        .contiguous()?;
                    let slots = store.0.narrow(0, row, 1)?.squeeze(0)?;
                    slots.slice_set(&new, 0, position)?;
                }
            }
        }
    }
    match backend {
        Backend::Fused => qkv.apply_op3_no_bwd(&keys.0, &values.0, &Attend { attention, pass }),
        Backend::Portable => attend_portably(qkv, keys, values, attention, pass),
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
            for (cell, &value) in store[slot * row.len()..].iter_mut().zip(row) {
                *cell = T::put(value);
            }
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
        qkv: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let (_, capacity, kv_width) = store_layout.shape().dims3()?;
        let (_, width) = layout.shape().dims2()?;
        let qkv = contiguous(qkv, layout)?;
        let rows = qkv
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
    pass: &'a Pass,
}

impl Attend<'_> {
    fn run<T: Cell>(&self, qkv: &[f32], keys: &[T], values: &[T], capacity: usize) -> Vec<f32> {
        let a = self.attention;
        let width = a.heads * a.dim;
        let level = kernels::level();
        let mut out = vec![0f32; self.pass.tokens.len() * width];
        out.par_chunks_mut(width)
            .zip(qkv.par_chunks(a.width()))
            .zip(&self.pass.tokens)
            .with_min_len(2)
            .for_each_init(Vec::new, |scores, ((out, qkv), &(sequence, position))| {
                let memory = Memory {
                    keys,
                    values,
                    history: &self.pass.histories[sequence][..=position],
                    from: a.first_visible(position),
                    capacity,
                    kv_heads: a.kv_heads,
                    dim: a.dim,
                };
                memory.attend(level, &qkv[..width], a.scale, scores, out);
            });
        out
    }
}

impl CustomOp3 for Attend<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        qkv: &CpuStorage,
        qkv_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, capacity, _) = keys_layout.shape().dims3()?;
        let qkv = contiguous(qkv, qkv_layout)?;
        let out = match (keys, values) {
            (CpuStorage::F32(keys), CpuStorage::F32(values)) => {
                self.run(qkv, keys, values, capacity)
            }
            (CpuStorage::I16(keys), CpuStorage::I16(values)) => {
                self.run(qkv, keys, values, capacity)
            }
            _ => candle_core::bail!("a cache of this type cannot be read"),
        };
        let width = self.attention.heads * self.attention.dim;
        Ok((CpuStorage::F32(out), (self.pass.tokens.len(), width).into()))
    }
}

/// Attention of candle's operations: sequences padded to the longest, with a mask.
fn attend_portably(
    qkv: &Tensor,
    keys: &Store,
    values: &Store,
    attention: &Attention,
    pass: &Pass,
) -> Result<Tensor> {
    let Attention {
        heads,
        kv_heads,
        dim,
        scale,
        ..
    } = *attention;
    let (rows, capacity, kv_width) = keys.0.dims3()?;
    let (device, group) = (qkv.device(), heads / kv_heads);
    let sequences = pass.histories.len();
    let longest = pass.histories.iter().map(Vec::len).max().unwrap_or(0);
    let mut new = vec![Vec::new(); sequences];
    for (t, &(sequence, position)) in pass.tokens.iter().enumerate() {
        new[sequence].push((t as u32, position));
    }
    let most = new.iter().map(Vec::len).max().unwrap_or(0);

    // For each padded place its token, and for each token its padded place.
    let mut token_of = vec![0u32; sequences * most];
    let mut place_of = vec![0u32; pass.tokens.len()];
    let mut slot_of = vec![0u32; sequences * longest];
    let mut mask = vec![f32::NEG_INFINITY; sequences * group * most * longest];
    for (s, (new, history)) in new.iter().zip(&pass.histories).enumerate() {
        for (j, &row) in history.iter().enumerate() {
            slot_of[s * longest + j] = row * capacity as u32 + j as u32;
        }
        for t in 0..most {
            let (token, position) = new.get(t).copied().unwrap_or((0, 0));
            token_of[s * most + t] = token;
            if t < new.len() {
                place_of[token as usize] = (s * most + t) as u32;
            }
            for g in 0..group {
                let row = ((s * group + g) * most + t) * longest;
                mask[row + attention.first_visible(position)..=row + position].fill(0.0);
            }
        }
    }
    let index = |v: Vec<u32>| {
        let n = v.len();
        Tensor::from_vec(v, n, device)
    };
    let q = qkv
        .narrow(1, 0, heads * dim)?
        .contiguous()?
        .index_select(&index(token_of)?, 0)?
        .reshape((sequences, most, kv_heads, group, dim))?
        .permute((0, 2, 3, 1, 4))?
        .reshape((sequences, kv_heads, group * most, dim))?;
    let slot_of = index(slot_of)?;
    let gather = |store: &Store| -> Result<Tensor> {
        store
            .0
            .reshape((rows * capacity, kv_width))?
            .index_select(&slot_of, 0)?
            .reshape((sequences, longest, kv_heads, dim))?
            .transpose(1, 2)?
            .contiguous()
    };
    let (k, v) = (gather(keys)?, gather(values)?);
    let mask = Tensor::from_vec(mask, (sequences, 1, group * most, longest), device)?;
    let scores = (q.contiguous()?.matmul(&k.t()?)?.to_dtype(DType::F32)? * f64::from(scale))?;
    let scores = scores.broadcast_add(&mask)?;
    let scores = scores
        .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
        .exp()?;
    let scores = scores
        .broadcast_div(&scores.sum_keepdim(D::Minus1)?)?
        .to_dtype(qkv.dtype())?;
    scores
        .matmul(&v)?
        .reshape((sequences, kv_heads, group, most, dim))?
        .permute((0, 3, 1, 2, 4))?
        .reshape((sequences * most, heads * dim))?
        .index_select(&index(place_of)?, 0)
}
