//! The frequencies of rotary embeddings (Su et al. 2021, "RoFormer") and how models stretch them.

use serde::Deserialize;

/// The largest head dimension that is believed.
const MAX_DIM: usize = 1 << 16;

/// The parameters of a rotary embedding in `config.json`: `rope_parameters` in transformers 5,
/// `rope_scaling` before.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct RopeParameters {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    /// The older name of `rope_type`.
    r#type: Option<String>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

impl RopeParameters {
    /// With this base, if it states none itself, as transformers 4 keeps it elsewhere.
    pub fn or_base(mut self, base: Option<f64>) -> Self {
        self.rope_theta = self.rope_theta.or(base);
        self
    }

    /// Radians a position for each pair of a head's `dim` dimensions, `base` being that of a model
    /// that says nothing.
    pub fn frequencies(&self, dim: usize, base: f64) -> Result<Vec<f32>, String> {
        if self
            .partial_rotary_factor
            .is_some_and(|factor| factor != 1.0)
        {
            return Err("a rotary embedding of a part of the head is not supported".to_owned());
        }
        let number = |value: Option<f64>, name: &str| {
            value.ok_or_else(|| format!("the rotary embedding has no {name}"))
        };
        let base = self.rope_theta.unwrap_or(base);
        match self.rope_type.as_deref().or(self.r#type.as_deref()) {
            None | Some("default") => frequencies(dim, base, |f| f),
            Some("linear") => {
                let factor = number(self.factor, "factor")?;
                frequencies(dim, base, |f| f / factor)
            }
            Some("llama3") => {
                let factor = number(self.factor, "factor")?;
                let low = number(self.low_freq_factor, "low_freq_factor")?;
                let high = number(self.high_freq_factor, "high_freq_factor")?;
                let name = "original_max_position_embeddings";
                let context = number(self.original_max_position_embeddings, name)?;
                // Waves that the original context holds more than `high` times stay, those that it
                // holds less than `low` times are stretched, and between the two it is blended
                // (Llama 3.1).
                frequencies(dim, base, |f| {
                    let waves = context * f / std::f64::consts::TAU;
                    let blend = ((waves - low) / (high - low)).clamp(0.0, 1.0);
                    (1.0 - blend) * f / factor + blend * f
                })
            }
            Some(other) => Err(format!("rope type {other:?} is not supported")),
        }
    }
}

/// `base^(−2i/dim)` for each pair `i`, stretched.
pub(super) fn frequencies(
    dim: usize,
    base: f64,
    stretch: impl Fn(f64) -> f64,
) -> Result<Vec<f32>, String> {
    if dim == 0 || !dim.is_multiple_of(2) || dim > MAX_DIM {
        return Err(format!("the head dimension is {dim}, not an even number"));
    }
    if !(base.is_finite() && base > 0.0) {
        return Err(format!("the base of the rotary embedding is {base}"));
    }
    Ok((0..dim / 2)
        .map(|i| stretch(base.powf(-2.0 * i as f64 / dim as f64)) as f32)
        .collect())
}
