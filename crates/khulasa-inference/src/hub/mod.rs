//! Models on the hub, and the cache in which those that were fetched are kept.
//!
//! What looks into the cache opens no connection, and works without the crate's feature `hub`.

mod cache;
mod files;
mod id;
mod settings;

pub use cache::{Cache, CachedModel};
pub use files::needed_files;
pub use id::ModelId;
pub use settings::Settings;
