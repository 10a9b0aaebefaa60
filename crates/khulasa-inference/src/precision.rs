//! The types that weights can have in memory.

use std::str::FromStr;

use candle_core::{DType, Device};

use crate::linear::Form;
use crate::ops::Backend;
use crate::{Error, Result};

/// The type of a model's weights in memory, as users name it: `auto`, `f32`, `bf16`, `f16`, `q8_0`
/// (or `int8`).
///
/// Files may have any type; it is converted while it is read. On the CPU `f32` and `q8_0` are
/// fast; `bf16` and `f16` take half the memory of `f32`, but are slower than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Precision {
    /// [`Precision::Int8`] on the CPU; [`Precision::Bf16`] elsewhere, or [`Precision::F32`] where
    /// the device has no such type.
    #[default]
    Fast,
    /// 32-bit floating point, the reference.
    F32,
    /// 16-bit floating point with the range of 32 bits ("brain float").
    Bf16,
    /// 16-bit floating point of IEEE 754. Models that were trained in another type may leave its
    /// range.
    F16,
    /// 8-bit integers with a scale for every 32, as GGUF's Q8_0; on the CPU only.
    Int8,
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Fast),
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            "q8_0" | "int8" => Ok(Self::Int8),
            _ => Err(Error::Option(format!(
                "weights of type {name:?} are not known: use auto, f32, bf16, f16 or q8_0"
            ))),
        }
    }
}

impl Precision {
    /// What a model computes with on this device.
    pub(crate) fn on(self, device: &Device) -> Result<(Backend, Form)> {
        let dense = |dtype| {
            let backend = match (device, dtype) {
                (Device::Cpu, DType::F32) => Backend::Fused,
                _ => Backend::Portable,
            };
            Ok((backend, Form::Dense(dtype)))
        };
        match (self, device) {
            (Self::Fast | Self::Int8, Device::Cpu) => Ok((Backend::Fused, Form::Int8)),
            (Self::Int8, _) => Err(Error::Option(
                "weights of type q8_0 need the CPU: use bf16 or f16, or --device cpu".to_owned(),
            )),
            (Self::Fast, device) => dense(device.bf16_default_to_f32()),
            (Self::F32, _) => dense(DType::F32),
            (Self::Bf16, _) => dense(DType::BF16),
            (Self::F16, _) => dense(DType::F16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, precision) in [
            ("auto", Precision::Fast),
            ("f32", Precision::F32),
            ("BF16", Precision::Bf16),
            ("f16", Precision::F16),
            ("q8_0", Precision::Int8),
            ("int8", Precision::Int8),
        ] {
            assert_eq!(name.parse::<Precision>().unwrap(), precision);
        }
        for name in ["", "f64", "q4_0"] {
            let message = name.parse::<Precision>().unwrap_err().to_string();
            assert!(message.contains("q8_0"), "{message}");
        }
    }
}
