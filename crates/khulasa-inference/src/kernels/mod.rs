//! The arithmetic that decides the speed on a CPU. The only module with `unsafe` code.
//!
//! Everything here gives the same bits on every processor, for every number of threads and
//! whatever the batch: each output depends on its own row and column alone, sums run in a fixed
//! order, and products are fused (`mul_add`) on every path. The paths for AVX-512 and AVX2 are
//! tested against the plain one.

#![allow(unsafe_code)]

mod activation;
mod attention;
mod bytes;
mod int8;
mod lanes;
mod product;
mod select;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use activation::{Activation, activate, gated};
pub use attention::{Bias, Cell, Memory, Query, Scratch, TOGETHER};
pub use int8::{GGUF_BLOCK, PackedMatrix, Quantized};
pub use lanes::{add, add_layer_norm, add_rms_norm, layer_norm, log_sum_exp, rms_norm, rope};
pub use select::{Selected, Wanted};

/// The widest instructions to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No more than the compiler's target guarantees.
    Plain,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F/BW/VL/DQ and VNNI.
    Avx512,
}

/// Rows of so many numbers that one task takes: fewer are not worth a hand-over to another thread.
pub fn rows_a_task(width: usize) -> usize {
    (4_096 / width.max(1)).max(1)
}

/// What this processor has.
pub fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
        {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Plain
}
