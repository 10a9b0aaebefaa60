//! The methods of summarising.

mod extractive;

pub use extractive::Extractive;
