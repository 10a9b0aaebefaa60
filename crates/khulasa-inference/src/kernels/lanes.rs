//! Functions over slices of f32, written in lanes that the compiler turns into vectors and
//! compiled once for each [`super::Level`].

/// Defines a function that runs the variant compiled for this processor. The body must be
/// plain safe code that calls only `#[inline(always)]` functions.
macro_rules! dispatch {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $type),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                #[allow(clippy::too_many_arguments)]
                fn avx512($($arg: $type),*) $(-> $ret)? { body($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $type),*) $(-> $ret)? { body($($arg),*) }
                match $crate::kernels::level() {
                    // SAFETY (both): `level()` found the instructions.
                    $crate::kernels::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    $crate::kernels::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::kernels::Level::Plain => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(super) use dispatch;

pub(super) const LANES: usize = 16;
type Lanes = [f32; LANES];

/// Sums the lanes in halves.
#[inline(always)]
pub(super) fn total(mut lanes: Lanes) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const WIDE: usize = 4 * LANES;
    let mut sums = [[0f32; LANES]; 4];
    let (a_wide, b_wide) = (a.chunks_exact(WIDE), b.chunks_exact(WIDE));
    let (a_rest, b_rest) = (a_wide.remainder(), b_wide.remainder());
    for (a, b) in a_wide.zip(b_wide) {
        for (v, sum) in sums.iter_mut().enumerate() {
            for (i, s) in sum.iter_mut().enumerate() {
                *s = a[v * LANES + i].mul_add(b[v * LANES + i], *s);
            }
        }
    }
    for (i, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        let s = &mut sums[i / LANES][i % LANES];
        *s = a.mul_add(*b, *s);
    }
    let mut lanes = [0f32; LANES];
    for (i, lane) in lanes.iter_mut().enumerate() {
        *lane = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
    }
    total(lanes)
}

/// The sum, lane by lane.
#[inline(always)]
fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += v;
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane += v;
    }
    total(lanes)
}

/// Adds 1.5 × 2²³: the nearest integer then stands in the low bits of the mantissa.
const ROUND: f32 = 12_582_912.0;

/// eˣ within 2 units in the last place, for arguments clamped to what f32 can hold. Range
/// reduction by ln 2 in two parts (Cody & Waite, Software Manual for the Elementary Functions,
/// 1980) and the Taylor polynomial.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LN2_HI: f32 = 0.693_359_4;
    const LN2_LO: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LO, n.mul_add(-LN2_HI, x));
    let mut p = 1.0 / 5040.0;
    for c in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = r.mul_add(p, c);
    }
    let power = (shifted.to_bits() as i32)
        .wrapping_sub(ROUND.to_bits() as i32)
        .wrapping_add(127);
    p * f32::from_bits((power as u32) << 23)
}

#[inline(always)]
pub(super) fn maximum(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = if v > *lane { v } else { *lane };
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = if v > *lane { v } else { *lane };
    }
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            let other = lanes[i + half];
            lanes[i] = if other > lanes[i] { other } else { lanes[i] };
        }
        half /= 2;
    }
    lanes[0]
}

dispatch! {
    /// ln Σ eˣ.
    pub fn log_sum_exp(x: &[f32]) -> f32 {
        let largest = maximum(x);
        let mut lanes = [0f32; LANES];
        let chunks = x.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for (lane, &v) in lanes.iter_mut().zip(chunk) {
                *lane += exp(v - largest);
            }
        }
        for (lane, &v) in lanes.iter_mut().zip(rest) {
            *lane += exp(v - largest);
        }
        largest + total(lanes).ln()
    }
}

/// 1 / √(mean of squares + ε).
#[inline(always)]
fn inverse_rms(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt()
}

dispatch! {
    /// Root-mean-square norm (Zhang & Sennrich 2019) of each row of `x`, times `weight`.
    pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        for (x, out) in x.chunks_exact(weight.len()).zip(out.chunks_exact_mut(weight.len())) {
            let scale = inverse_rms(x, epsilon);
            for ((o, &x), &w) in out.iter_mut().zip(x).zip(weight) {
                *o = x * scale * w;
            }
        }
    }
}

dispatch! {
    /// Adds the root-mean-square norm of each row of `y`, times `weight`, to `x`.
    pub fn add_rms_norm(x: &mut [f32], y: &[f32], weight: &[f32], epsilon: f32) {
        for (x, y) in x.chunks_exact_mut(weight.len()).zip(y.chunks_exact(weight.len())) {
            let scale = inverse_rms(y, epsilon);
            for ((x, &y), &w) in x.iter_mut().zip(y).zip(weight) {
                *x += y * scale * w;
            }
        }
    }
}

dispatch! {
    /// Layer norm (Ba et al. 2016) of each row of `x`, times `weight`, plus `bias`.
    pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32, out: &mut [f32]) {
        let width = weight.len();
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mean = sum(x) / width as f32;
            for (o, &x) in out.iter_mut().zip(x) {
                *o = x - mean;
            }
            let scale = inverse_rms(out, epsilon);
            for ((o, &w), &b) in out.iter_mut().zip(weight).zip(bias) {
                *o = (*o * scale).mul_add(w, b);
            }
        }
    }
}

dispatch! {
    /// Adds `y` to `x`.
    pub fn add(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }
}

dispatch! {
    /// Adds `y` to `x`, then replaces each row by its [`layer_norm`].
    pub fn add_layer_norm(x: &mut [f32], y: &[f32], weight: &[f32], bias: &[f32], epsilon: f32) {
        let width = weight.len();
        for (x, y) in x.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
            for (x, y) in x.iter_mut().zip(y) {
                *x += y;
            }
            let mean = sum(x) / width as f32;
            for x in x.iter_mut() {
                *x -= mean;
            }
            let scale = inverse_rms(x, epsilon);
            for ((x, &w), &b) in x.iter_mut().zip(weight).zip(bias) {
                *x = (*x * scale).mul_add(w, b);
            }
        }
    }
}

dispatch! {
    /// Rotates a head (Su et al. 2021, halves as pairs) by the angles whose cosines and sines are
    /// given, after a norm if there is one.
    pub fn rope(head: &mut [f32], norm: Option<(&[f32], f32)>, cos: &[f32], sin: &[f32]) {
        if let Some((weight, epsilon)) = norm {
            let scale = inverse_rms(head, epsilon);
            for (x, &w) in head.iter_mut().zip(weight) {
                *x *= scale * w;
            }
        }
        let (a, b) = head.split_at_mut(cos.len());
        for ((a, b), (&c, &s)) in a.iter_mut().zip(b).zip(cos.iter().zip(sin)) {
            (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_enough_and_never_infinite() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "{x}");
        }
        assert!(exp(1e9).is_finite() && exp(-1e9) >= 0.0);
    }

    #[test]
    fn log_sum_exp_of_large_values() {
        let x = [1000.0, 1000.0, 990.0];
        let exact = 1000.0 + (2.0f64 + (-10.0f64).exp()).ln();
        assert!((f64::from(log_sum_exp(&x)) - exact).abs() < 1e-4);
    }

    #[test]
    fn a_layer_norm() {
        let mut out = [0.0; 4];
        layer_norm(
            &[1.0, 3.0, 5.0, 5.0],
            &[2.0, 1.0],
            &[0.5, 0.0],
            0.0,
            &mut out,
        );
        assert_eq!(out[..2], [-1.5, 1.0]);
        layer_norm(
            &[1.0, 3.0, 5.0, 5.0],
            &[2.0, 1.0],
            &[0.5, 0.0],
            1e-5,
            &mut out,
        );
        assert_eq!(out[2..], [0.5, 0.0]);
        let mut x = [0.5, 3.5, 2.0, 2.0];
        let y = [0.5, -0.5, 3.0, 3.0];
        add_layer_norm(&mut x, &y, &[2.0, 1.0], &[0.5, 0.0], 1e-5);
        layer_norm(
            &[1.0, 3.0, 5.0, 5.0],
            &[2.0, 1.0],
            &[0.5, 0.0],
            1e-5,
            &mut out,
        );
        assert_eq!(x, out);
    }
}
