//! The methods of summarising.

mod abstractive;
mod english;
mod extractive;
mod lexrank;
mod room;
mod shorten;
mod style;

pub use abstractive::{Abstractive, Writer};
pub use extractive::Extractive;
pub(crate) use shorten::shorten;
