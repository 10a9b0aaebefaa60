//! The tile of [`super::int8`] with the instructions of x86-64 processors.

use std::arch::x86_64::*;

use super::int8::{BLOCK, PANEL, Tile};

/// AVX-512 VNNI: 16 columns at once, 4 products a lane.
///
/// # Safety
/// The processor has the features; `tile` has `ROWS` rows; `out` has room for them.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub unsafe fn tile_avx512<const ROWS: usize>(tile: &Tile<'_>, out: *mut f32, stride: usize) {
    let (blocks, inner) = (tile.blocks, tile.blocks * BLOCK);
    debug_assert!(tile.x.len() >= ROWS * inner && tile.weights.len() >= blocks * PANEL * BLOCK);
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
    let (blocks, inner) = (tile.blocks, tile.blocks * BLOCK);
    let (ones, offset) = (_mm256_set1_epi16(1), _mm256_set1_epi8(-128));
    for row in 0..rows {
        let mut sums = [_mm256_setzero_ps(); 4];
        // SAFETY: as above; the last columns go through a buffer.
        unsafe {
            for block in 0..blocks {
                let mut dots = [_mm256_setzero_si256(); 4];
                let weights = tile.weights.as_ptr().add(block * PANEL * BLOCK);
                let x = tile.x.as_ptr().add(row * inner + block * BLOCK);
                for step in 0..BLOCK / 4 {
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

/// Sums 16 lanes in halves, in the order of [`super::lanes`].
#[target_feature(enable = "avx512f,avx512dq")]
fn total(x: __m512) -> f32 {
    let x = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x));
    let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
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
    sums.map(|sum| total(sum))
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
