//! A model's own rules of normalisation, as SentencePiece compiles them into its file.

/// Rules "these bytes become that text": a double-array trie of the keys (Yata, Oono, Morita,
/// Fuketa, Sumitomo & Aoe 2007, "A compact static double-array keeping character codes"; laid out
/// as in darts-clone) over a block of texts that end in zero bytes.
#[derive(Debug, Clone)]
pub(crate) struct Charsmap {
    units: Vec<u32>,
    texts: String,
}

/// No rule writes more than this (bytes); Unicode's longest, of U+FDFA, writes 33.
const LONGEST: usize = 256;

/// The bit of units that hold a value.
const VALUE: u32 = 1 << 31;

impl Charsmap {
    /// Reads the compiled rules.
    pub(crate) fn new(blob: &[u8]) -> Result<Self, String> {
        let broken = |what: &str| format!("its normalisation rules are broken: {what}");
        let size = blob.first_chunk().map(|n| u32::from_le_bytes(*n) as usize);
        let (units, texts) = size
            .filter(|size| size % 4 == 0)
            .and_then(|size| blob[4..].split_at_checked(size))
            .ok_or_else(|| broken("sizes do not fit"))?;
        let units: Vec<u32> = units
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if units.is_empty() {
            return Err(broken("there are none"));
        }
        let texts = std::str::from_utf8(texts).map_err(|e| broken(&e.to_string()))?;
        let map = Self {
            units,
            texts: texts.to_owned(),
        };
        for (unit, at) in map.units.iter().zip(0u32..) {
            if unit & VALUE != 0 {
                if map.text(unit & !VALUE).is_none() {
                    return Err(broken("one points to no text"));
                }
            } else if (at ^ offset(*unit) | 0xff) as usize >= map.units.len() {
                return Err(broken("one points outside"));
            }
        }
        Ok(map)
    }

    /// The rule with the longest key that the text begins with: the key's length in bytes and the
    /// text that takes its place.
    pub(crate) fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let mut found = None;
        let mut node = offset(*self.units.first()?);
        for (byte, length) in text.bytes().zip(1..) {
            node ^= u32::from(byte);
            let Some(&unit) = self.units.get(node as usize) else {
                break;
            };
            // A unit that holds a value has the high bit and so no byte's label.
            if unit & (VALUE | 0xff) != u32::from(byte) {
                break;
            }
            node ^= offset(unit);
            if unit >> 8 & 1 == 1 {
                let value = self.units.get(node as usize).map(|unit| unit & !VALUE);
                let rule = value.and_then(|value| self.text(value));
                if let Some(rule) = rule.filter(|_| text.is_char_boundary(length)) {
                    found = Some((length, rule));
                }
            }
        }
        found
    }

    /// The text that begins at a place of the block.
    fn text(&self, at: u32) -> Option<&str> {
        let rest = self.texts.get(at as usize..)?;
        let end = rest.bytes().take(LONGEST).position(|b| b == 0)?;
        Some(&rest[..end])
    }
}

/// How far a unit's children are, by exclusive or.
fn offset(unit: u32) -> u32 {
    (unit >> 10) << ((unit & (1 << 9)) >> 6)
}
