//! Models on the hub, and the cache in which those that were fetched are kept.
//!
//! [`Hub`] is the only part of this crate that opens a connection, and only there with the feature
//! `hub`; what looks into the [`Cache`] needs neither.

mod cache;
#[cfg(feature = "hub")]
mod client;
#[cfg(feature = "hub")]
mod failure;
#[cfg(feature = "hub")]
mod fetch;
mod files;
mod hash;
mod id;
mod settings;
mod verify;

pub use cache::{Cache, CachedModel};
#[cfg(feature = "hub")]
pub use client::{Hub, HubFile, Listing};
#[cfg(feature = "hub")]
pub use fetch::Event;
pub use files::needed_files;
pub use id::ModelId;
pub use settings::Settings;
pub use verify::Verdict;
