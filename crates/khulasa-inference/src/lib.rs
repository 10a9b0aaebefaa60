//! Local language models on candle: find their files, load them, run them, search their output.
//!
//! ```text
//! files ─weights─▶ decoder or seq2seq ◀─search─ prompts
//!                    │ ops (fused on the CPU, portable elsewhere) ─ kernels
//! ```
//!
//! A [`Generator`] turns prompts of token ids into hypotheses. It knows nothing of articles, and
//! nothing of what the tokens mean.

#[cfg(test)]
mod agreement;
mod cache;
mod decoder;
mod device;
mod error;
mod foreign;
mod generation;
mod generator;
pub mod hub;
mod json;
mod kernels;
mod linear;
mod load;
mod model;
mod ops;
mod precision;
mod search;
mod seq2seq;
mod weights;

pub use device::DeviceChoice;
pub use error::Error;
pub use generation::Defaults;
pub use generator::{Generator, LoadOptions};
pub use precision::Precision;
pub use search::{
    Beam, EarlyStopping, Event, Hypothesis, Options, Prompt, Rules, Sampling, Search,
};

/// The result of this crate's fallible operations.
pub type Result<T> = std::result::Result<T, Error>;
