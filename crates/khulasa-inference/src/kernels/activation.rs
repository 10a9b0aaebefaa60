//! Activation functions of feed-forward layers.

use super::lanes::{dispatch, exp};

/// What stands between the two products of a feed-forward layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// SiLU, also called swish: x ÷ (1 + e⁻ˣ).
    Silu,
    /// GELU (Hendrycks & Gimpel 2016): x Φ(x).
    Gelu,
    /// GELU in its tanh form.
    GeluTanh,
}

impl Activation {
    #[inline(always)]
    fn of(self, x: f32) -> f32 {
        match self {
            Activation::Relu => {
                if x > 0.0 {
                    x
                } else {
                    0.0
                }
            }
            Activation::Silu => x / (1.0 + exp(-x)),
            Activation::Gelu => x * 0.5 * erfc(-x * std::f32::consts::FRAC_1_SQRT_2),
            Activation::GeluTanh => {
                const C: f32 = 1.595_769; // √(8/π)
                let s = C * (0.044_715 * x * x).mul_add(x, x);
                x / (1.0 + exp(-s))
            }
        }
    }
}

/// The complementary error function within 1.2 · 10⁻⁷ of its value (Press et al., Numerical
/// Recipes in C, 2nd edition, 1992, section 6.2).
#[inline(always)]
fn erfc(x: f32) -> f32 {
    let z = x.abs();
    let t = 1.0 / z.mul_add(0.5, 1.0);
    let mut p = 0.170_872_77;
    for c in [
        -0.822_152_23,
        1.488_515_9,
        -1.135_204,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_7,
        -1.265_512_2,
    ] {
        p = t.mul_add(p, c);
    }
    let y = t * exp(z.mul_add(-z, p));
    if x < 0.0 { 2.0 - y } else { y }
}

/// Runs a loop with the kind known, so that there is no branch in it.
macro_rules! with_kind {
    ($kind:expr, $f:ident => $loop:expr) => {
        match $kind {
            Activation::Relu => {
                let $f = |x| Activation::Relu.of(x);
                $loop
            }
            Activation::Silu => {
                let $f = |x| Activation::Silu.of(x);
                $loop
            }
            Activation::Gelu => {
                let $f = |x| Activation::Gelu.of(x);
                $loop
            }
            Activation::GeluTanh => {
                let $f = |x| Activation::GeluTanh.of(x);
                $loop
            }
        }
    };
}

dispatch! {
    /// activation(x).
    pub fn activate(x: &[f32], kind: Activation, out: &mut [f32]) {
        with_kind!(kind, f => {
            for (o, &x) in out.iter_mut().zip(x) {
                *o = f(x);
            }
        });
    }
}

dispatch! {
    /// For rows of `2 × width` (gate, up): activation(gate) × up (Shazeer 2020).
    pub fn gated(gate_up: &[f32], width: usize, kind: Activation, out: &mut [f32]) {
        with_kind!(kind, f => {
            for (row, out) in gate_up.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
                let (gate, up) = row.split_at(width);
                for ((o, &x), &u) in out.iter_mut().zip(gate).zip(up) {
                    *o = f(x) * u;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (kind, at_1, at_minus_2) in [
            (Activation::Relu, 1.0, 0.0),
            (Activation::Silu, 0.731_058_6, -0.238_405_8),
            (Activation::Gelu, 0.841_344_7, -0.045_500_26),
            (Activation::GeluTanh, 0.841_192, -0.045_402),
        ] {
            let mut out = [0.0; 2];
            activate(&[1.0, -2.0], kind, &mut out);
            assert!((out[0] - at_1).abs() < 1e-6, "{kind:?}: {out:?}");
            assert!((out[1] - at_minus_2).abs() < 1e-6, "{kind:?}: {out:?}");
            gated(&[1.0, -2.0, 3.0, 0.5], 2, kind, &mut out);
            assert!((out[0] - 3.0 * at_1).abs() < 3e-6, "{kind:?}: {out:?}");
            assert!(
                (out[1] - 0.5 * at_minus_2).abs() < 1e-6,
                "{kind:?}: {out:?}"
            );
        }
    }
}
