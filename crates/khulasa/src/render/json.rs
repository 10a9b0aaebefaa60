//! The digest itself, in its versioned schema.

use std::io::{self, Write};

use crate::Digest;

/// Indented, with a newline at the end.
pub(super) fn pretty(digest: &Digest, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, digest)?;
    out.write_all(b"\n")
}

/// On one line.
pub(super) fn line(digest: &Digest, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, digest)?;
    out.write_all(b"\n")
}
