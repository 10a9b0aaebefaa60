/// What can go wrong when translations are measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to compare with.
    #[error("there is no reference to compare with")]
    NoReference,
    /// A reference does not belong to the hypotheses.
    #[error(
        "reference {reference} has {lines} lines, but there are {hypotheses} hypotheses: \
         they must correspond line by line"
    )]
    LineCount {
        /// Which reference, from 1.
        reference: usize,
        /// Its lines.
        lines: usize,
        /// The hypotheses.
        hypotheses: usize,
    },
    /// Two systems were not given the same segments.
    #[error(
        "the systems have {first} and {second} segments: \
         only translations of the same test set can be compared"
    )]
    Unpaired {
        /// The first one's segments.
        first: usize,
        /// The other one's.
        second: usize,
    },
    /// Two systems translated different texts.
    #[error(
        "{first} and {second} differ in source or reference of segment {segment}: \
         only translations of the same test set can be compared"
    )]
    OtherTestSet {
        /// The one system.
        first: String,
        /// The other one.
        second: String,
        /// The first segment that differs, from 1.
        segment: usize,
    },
    /// A table of segments is malformed.
    #[error("line {line}: {reason}")]
    Table {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}
