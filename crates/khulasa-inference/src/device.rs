//! Where a model runs.

use std::str::FromStr;

use candle_core::Device;

use crate::{Error, Result};

/// A device, as users name it: `auto`, `cpu`, `cuda`, `cuda:1`, `metal`, `metal:0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first GPU that this build can use, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda(usize),
    /// An Apple GPU.
    Metal(usize),
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let (kind, index) = match name.split_once(':') {
            None => (name, Some(0)),
            Some((kind @ ("cuda" | "metal"), index)) => (kind, index.parse().ok()),
            Some(_) => (name, None),
        };
        match (kind, index) {
            ("auto", _) => Ok(Self::Auto),
            ("cpu", _) => Ok(Self::Cpu),
            ("cuda", Some(index)) => Ok(Self::Cuda(index)),
            ("metal", Some(index)) => Ok(Self::Metal(index)),
            _ => Err(Error::Option(format!(
                "device {name:?} is not known: use auto, cpu, cuda, cuda:N, metal or metal:N"
            ))),
        }
    }
}

impl DeviceChoice {
    /// Opens the device.
    pub(crate) fn open(self) -> Result<Device> {
        let failed = |device: String, reason: String| Error::Device { device, reason };
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => Ok(Device::cuda_if_available(0)
                .ok()
                .filter(|d| !d.is_cpu())
                .or_else(|| Device::metal_if_available(0).ok())
                .unwrap_or(Device::Cpu)),
            Self::Cuda(index) if cfg!(feature = "cuda") => {
                Device::new_cuda(index).map_err(|e| failed(format!("cuda:{index}"), e.to_string()))
            }
            Self::Metal(index) if cfg!(feature = "metal") => Device::new_metal(index)
                .map_err(|e| failed(format!("metal:{index}"), e.to_string())),
            Self::Cuda(index) => Err(failed(
                format!("cuda:{index}"),
                "this program was built without it: build with --features cuda, or use cpu"
                    .to_owned(),
            )),
            Self::Metal(index) => Err(failed(
                format!("metal:{index}"),
                "this program was built without it: build with --features metal, or use cpu"
                    .to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let ok = [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
            ("metal:1", DeviceChoice::Metal(1)),
        ];
        for (name, device) in ok {
            assert_eq!(name.parse::<DeviceChoice>().unwrap(), device);
        }
        for name in ["", "gpu", "cuda:", "cuda:x", "cpu:0", "cuda:-1"] {
            let message = name.parse::<DeviceChoice>().unwrap_err().to_string();
            assert!(message.contains("cuda:N"), "{message}");
        }
    }
}
