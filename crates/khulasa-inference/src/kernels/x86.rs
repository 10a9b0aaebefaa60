//! The tile of [`super::product`] with the instructions of x86-64 processors.

use std::arch::x86_64::*;

use super::int8::PANEL;
use super::product::Tile;

/// AVX-512 VNNI: 16 columns at once, 4 products a lane.
///
/// # Safety
/// The processor has the features; `tile` has `ROWS` rows and blocks of `BLOCK`; `out` has room for them.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub unsafe fn tile_avx512<const ROWS: usize, const BLOCK: usize>(
    tile: &Tile<'_>,
    out: *mut f32,
    stride: usize,
) {
    let (blocks, inner) = (tile.blocks, tile.blocks * BLOCK);
    debug_assert!(tile.x.len() >= ROWS * inner && tile.weights.len() >= inner * PANEL);
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    // SAFETY: all reads stay inside the tile's slices, whose sizes `multiply_panel` made so;
    // writes are masked to `width` columns.
    unsafe {
        for block in 0..blocks {
            let mut dots = [[_mm512_setzero_si512(); 2]; ROWS];
            for (row, dot) in dots.iter_mut().enumerate() {
                let start =
                    _mm512_set1_epi32(*tile.corrections.get_unchecked(row * blocks + block));
                *dot = [start, start];
            }
            let weights = tile.weights.as_ptr().add(block * PANEL * BLOCK);
            let x = tile.x.as_ptr().add(block * BLOCK);
            for step in 0..BLOCK / 4 {
                let w0 = _mm512_load_si512(weights.add(step * PANEL * 4).cast());
                let w1 = _mm512_load_si512(weights.add(step * PANEL * 4 + 64).cast());
                for (row, dot) in dots.iter_mut().enumerate() {
                    let four = x.add(row * inner + step * 4).cast::<i32>().read_unaligned();
                    let four = _mm512_set1_epi32(four);
                    dot[0] = _mm512_dpbusd_epi32(dot[0], w0, four);
                    dot[1] = _mm512_dpbusd_epi32(dot[1], w1, four);
                }
            }
            let s0 = _mm512_loadu_ps(tile.scales.as_ptr().add(block * PANEL));
            let s1 = _mm512_loadu_ps(tile.scales.as_ptr().add(block * PANEL + 16));
            for (row, (sum, dot)) in sums.iter_mut().zip(&dots).enumerate() {
                let scale = _mm512_set1_ps(*tile.x_scales.get_unchecked(row * blocks + block));
                let (d0, d1) = (_mm512_cvtepi32_ps(dot[0]), _mm512_cvtepi32_ps(dot[1]));
                sum[0] = _mm512_fmadd_ps(d0, _mm512_mul_ps(s0, scale), sum[0]);
                sum[1] = _mm512_fmadd_ps(d1, _mm512_mul_ps(s1, scale), sum[1]);
            }
        }
        let mask = if tile.width >= PANEL {
            u32::MAX
        } else {
            (1u32 << tile.width) - 1
        };
        for (row, sum) in sums.iter().enumerate() {
            let to = out.add(row * stride);
            _mm512_mask_storeu_ps(to, mask as u16, sum[0]);
            // A masked-off store touches no memory, so the address may lie past the end.
            _mm512_mask_storeu_ps(to.wrapping_add(16), (mask >> 16) as u16, sum[1]);
        }
    }
}

/// AVX2: 8 columns at once.
///
/// # Safety
/// As [`tile_avx512`], with `rows` rows.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn tile_avx2(tile: &Tile<'_>, rows: usize, out: *mut f32, stride: usize) {
    let (blocks, block_len) = (tile.blocks, tile.block);
    let inner = blocks * block_len;
    let (ones, offset) = (_mm256_set1_epi16(1), _mm256_set1_epi8(-128));
    for row in 0..rows {
        let mut sums = [_mm256_setzero_ps(); 4];
        // SAFETY: as above; the last columns go through a buffer.
        unsafe {
            for block in 0..blocks {
                let mut dots = [_mm256_setzero_si256(); 4];
                let weights = tile.weights.as_ptr().add(block * PANEL * block_len);
                let x = tile.x.as_ptr().add(row * inner + block * block_len);
                for step in 0..block_len / 4 {
                    let four = _mm256_set1_epi32(x.add(step * 4).cast::<i32>().read_unaligned());
                    for (i, dot) in dots.iter_mut().enumerate() {
                        let w = _mm256_load_si256(weights.add(step * PANEL * 4 + i * 32).cast());
                        let w = _mm256_xor_si256(w, offset);
                        // |w| × (x with w's sign): two such products never overflow 16 bits.
                        let pairs =
                            _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(four, w));
                        *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(pairs, ones));
                    }
                }
                let scale = _mm256_set1_ps(tile.x_scales[row * blocks + block]);
                for (i, (sum, dot)) in sums.iter_mut().zip(&dots).enumerate() {
                    let s = _mm256_loadu_ps(tile.scales.as_ptr().add(block * PANEL + i * 8));
                    *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(*dot), _mm256_mul_ps(s, scale), *sum);
                }
            }
            let mut buffer = [0f32; PANEL];
            for (i, sum) in sums.iter().enumerate() {
                _mm256_storeu_ps(buffer.as_mut_ptr().add(i * 8), *sum);
            }
            std::ptr::copy_nonoverlapping(buffer.as_ptr(), out.add(row * stride), tile.width);
        }
    }
}

/// Quantises a block to int8; returns its largest value and the sum of its integers. See
/// [`super::int8`].
#[target_feature(enable = "avx512f,avx512dq")]
pub fn quantize_block<const N: usize>(x: &[f32; N], values: &mut [i8; N]) -> (f32, i32) {
    let round = _mm512_set1_ps(super::int8::ROUND);
    let mut largest = _mm512_setzero_ps();
    let (x, values) = (x.as_chunks::<16>().0, values.as_chunks_mut::<16>().0);
    for x in x {
        // SAFETY: 16 values. Of two operands of which one is not a number, `max` takes the second.
        largest = _mm512_max_ps(
            _mm512_abs_ps(unsafe { _mm512_loadu_ps(x.as_ptr()) }),
            largest,
        );
    }
    let largest = _mm512_reduce_max_ps(largest);
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut sum = _mm512_setzero_si512();
    for (x, values) in x.iter().zip(values) {
        // SAFETY: 16 values, and room for 16.
        unsafe {
            let scaled = _mm512_mul_ps(_mm512_loadu_ps(x.as_ptr()), _mm512_set1_ps(inverse));
            let integers = _mm512_castps_si512(_mm512_add_ps(scaled, round));
            let integers = _mm512_sub_epi32(integers, _mm512_castps_si512(round));
            sum = _mm512_add_epi32(sum, integers);
            _mm_storeu_si128(values.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(integers));
        }
    }
    (largest, _mm512_reduce_add_epi32(sum))
}

/// Sums 16 lanes in halves, in the order of [`super::lanes`].
#[target_feature(enable = "avx512f,avx512dq")]
fn total(x: __m512) -> f32 {
    let x = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x));
    let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
}

/// [`total`] of each of four.
#[target_feature(enable = "avx512f,avx512dq")]
fn totals([a, b, c, d]: [__m512; 4]) -> [f32; 4] {
    let half = |x| _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x));
    let pair = |a, b| {
        _mm256_add_ps(
            _mm256_permute2f128_ps::<0x20>(a, b),
            _mm256_permute2f128_ps::<0x31>(a, b),
        )
    };
    let (ab, cd) = (pair(half(a), half(b)), pair(half(c), half(d)));
    let x = _mm256_add_ps(
        _mm256_shuffle_ps::<0x44>(ab, cd),
        _mm256_shuffle_ps::<0xee>(ab, cd),
    );
    let x = _mm256_add_ps(x, _mm256_movehdup_ps(x));
    let mut out = [0f32; 8];
    // SAFETY: room for 8.
    unsafe { _mm256_storeu_ps(out.as_mut_ptr(), x) };
    [out[0], out[4], out[2], out[6]]
}

/// Reads 16 bf16 values.
///
/// # Safety
/// `at` points to 16 of them.
#[target_feature(enable = "avx512f")]
unsafe fn load_bf16(at: *const i16) -> __m512 {
    // SAFETY: the caller's promise.
    let bits = unsafe { _mm256_loadu_si256(at.cast()) };
    _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(bits)))
}

/// The products of `G` queries of `dim` (a multiple of 16) with a key.
#[target_feature(enable = "avx512f,avx512dq")]
pub fn dots_bf16<const G: usize>(q: &[f32], key: &[i16]) -> [f32; G] {
    assert!(key.len().is_multiple_of(16) && q.len() >= G * key.len());
    let mut sums = [_mm512_setzero_ps(); G];
    for c in (0..key.len()).step_by(16) {
        // SAFETY: `c + 16` is at most the key's length, and `q` holds `G` of that length.
        unsafe {
            let k = load_bf16(key.as_ptr().add(c));
            for (h, sum) in sums.iter_mut().enumerate() {
                *sum = _mm512_fmadd_ps(_mm512_loadu_ps(q.as_ptr().add(h * key.len() + c)), k, *sum);
            }
        }
    }
    if let Ok(four) = <[__m512; 4]>::try_from(sums.as_slice()) {
        let mut out = [0f32; G];
        out.copy_from_slice(&totals(four));
        return out;
    }
    sums.map(|sum| total(sum))
}

/// The products of four heads of a query with those of a key, `dim` each, a multiple of 16.
#[target_feature(enable = "avx512f,avx512dq")]
pub fn dots_of_heads_bf16(q: &[f32], key: &[i16], dim: usize) -> [f32; 4] {
    assert!(dim.is_multiple_of(16) && q.len() >= 4 * dim && key.len() >= 4 * dim);
    let mut sums = [_mm512_setzero_ps(); 4];
    for (h, sum) in sums.iter_mut().enumerate() {
        for c in (h * dim..(h + 1) * dim).step_by(16) {
            // SAFETY: `c + 16` is at most four heads.
            unsafe {
                let q = _mm512_loadu_ps(q.as_ptr().add(c));
                *sum = _mm512_fmadd_ps(q, load_bf16(key.as_ptr().add(c)), *sum);
            }
        }
    }
    totals(sums)
}

/// The weighted sum of 256 columns of values, which hold whole heads of `dim` (a multiple of 16);
/// the weights of one head are `visible` apart from the next one's.
#[target_feature(enable = "avx512f")]
pub fn weigh_heads_bf16<'a>(
    weights: &[f32],
    visible: usize,
    value: impl Fn(usize) -> &'a [i16],
    dim: usize,
    out: &mut [f32],
) {
    const WIDE: usize = 16;
    assert!(dim.is_multiple_of(16) && out.len() == 16 * WIDE);
    assert!(weights.len() >= (out.len() - 1) / dim * visible + visible);
    let mut sums = [_mm512_setzero_ps(); WIDE];
    for i in 0..visible {
        let value = &value(i)[..16 * WIDE];
        for (j, sum) in sums.iter_mut().enumerate() {
            // SAFETY: both lengths were looked at above.
            unsafe {
                let p = _mm512_set1_ps(*weights.get_unchecked(16 * j / dim * visible + i));
                *sum = _mm512_fmadd_ps(p, load_bf16(value.as_ptr().add(16 * j)), *sum);
            }
        }
    }
    for (sum, out) in sums.iter().zip(out.as_chunks_mut::<16>().0) {
        // SAFETY: room for 16.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), *sum) };
    }
}

/// Adds the weighted columns `from..from + 32` of values: `G` sums of 32 each into `out`, rows of
/// `dim`. `value(i)` is the `i`-th value, of `dim`; its weight for head `h` is
/// `weights[h × visible + i]`.
#[target_feature(enable = "avx512f")]
pub fn weigh_bf16<'a, const G: usize>(
    weights: &[f32],
    visible: usize,
    value: impl Fn(usize) -> &'a [i16],
    from: usize,
    dim: usize,
    out: &mut [f32],
) {
    assert!(weights.len() >= G * visible && out.len() >= G * dim && from + 32 <= dim);
    let mut sums = [[_mm512_setzero_ps(); 2]; G];
    for i in 0..visible {
        let value = &value(i)[from..from + 32];
        // SAFETY: `value` has 32 elements; the weights were counted above.
        unsafe {
            let v0 = load_bf16(value.as_ptr());
            let v1 = load_bf16(value.as_ptr().add(16));
            for (h, sum) in sums.iter_mut().enumerate() {
                let p = _mm512_set1_ps(*weights.get_unchecked(h * visible + i));
                sum[0] = _mm512_fmadd_ps(p, v0, sum[0]);
                sum[1] = _mm512_fmadd_ps(p, v1, sum[1]);
            }
        }
    }
    for (h, sum) in sums.iter().enumerate() {
        // SAFETY: `from + 32` is at most `dim`, and `out` holds `G` rows of it.
        unsafe {
            let to = out.as_mut_ptr().add(h * dim + from);
            _mm512_storeu_ps(to, sum[0]);
            _mm512_storeu_ps(to.add(16), sum[1]);
        }
    }
}
