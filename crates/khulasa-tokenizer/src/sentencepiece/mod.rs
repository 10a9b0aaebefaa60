//! SentencePiece (Kudo & Richardson 2018): text to pieces, exactly as the library of that name
//! does it.
//!
//! `tokenizers` has the same methods, but normalises by grapheme clusters, scores unknown
//! characters and breaks ties in other ways; models were trained on what SentencePiece gives.

mod bpe;
mod charsmap;
mod normalizer;
mod trie;
mod unigram;

use std::collections::HashMap;

use sentencepiece_model::{ModelType, SentencePieceModel};

pub(crate) use charsmap::Charsmap;
pub(crate) use normalizer::{Normalizer, SPACE};
use trie::Trie;
use unigram::Unigram;

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Unknown,
    /// Steers the model; no text becomes it.
    Control,
    /// Taken out of a text before anything else.
    UserDefined,
    Unused,
    /// Stands for one byte of a character that is in no other piece.
    Byte,
}

impl Kind {
    /// The kind of that number in model files, of SentencePiece and GGUF alike.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }
}

/// An entry of the vocabulary.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub text: String,
    pub score: f32,
    pub kind: Kind,
}

impl Piece {
    /// The byte that a piece such as `<0x0A>` stands for.
    pub(crate) fn byte(&self) -> Option<u8> {
        let hex = self.text.strip_prefix("<0x")?.strip_suffix('>')?;
        let valid = hex.len() == 2 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        u8::from_str_radix(hex, 16).ok().filter(|_| valid)
    }
}

/// How pieces are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Unigram,
    Bpe,
}

/// A model that splits text into pieces. A piece's id is its place in the list.
#[derive(Debug, Clone)]
pub(crate) struct SentencePiece {
    pieces: Vec<Piece>,
    normalizer: Normalizer,
    /// What is done to decoded text.
    denormalizer: Option<Normalizer>,
    /// Present for unigram models, else pieces are merged.
    unigram: Option<Unigram>,
    /// Pieces that text is made of.
    usual: HashMap<String, u32>,
    /// The others: unknown, control, bytes.
    reserved: HashMap<String, u32>,
    /// User-defined pieces.
    kept: Trie,
    unknown: u32,
    /// The pieces that stand for bytes, where unknown characters become these.
    bytes: Option<Vec<u32>>,
    /// The bytes of the longest usual piece.
    longest: usize,
    /// What an unknown piece is written as.
    pub unknown_surface: String,
}

impl SentencePiece {
    /// Reads the protobuf of an `.spm` or `.model` file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let proto = SentencePieceModel::from_slice(bytes)
            .map_err(|e| format!("it is no SentencePiece model: {e}"))?;
        let (Some(trainer), Some(spec)) = (proto.trainer(), proto.normalizer()) else {
            return Err("it is no whole SentencePiece model: a specification is missing".into());
        };
        let method = match trainer.model_type() {
            ModelType::Unigram => Method::Unigram,
            ModelType::Bpe => Method::Bpe,
            other => {
                return Err(format!(
                    "its method is {}; unigram and bpe are supported",
                    other.as_str_name()
                ));
            }
        };
        let mut pieces = Vec::with_capacity(proto.pieces().len());
        for piece in proto.pieces() {
            let kind = piece.r#type.unwrap_or(1);
            pieces.push(Piece {
                text: piece.piece().to_owned(),
                score: piece.score(),
                kind: Kind::from_number(kind)
                    .ok_or_else(|| format!("{:?} is of kind {kind}", piece.piece()))?,
            });
        }
        let suffix = trainer.treat_whitespace_as_suffix();
        let has_bytes = pieces.iter().any(|p| p.kind == Kind::Byte);
        if has_bytes != trainer.byte_fallback() {
            return Err("it does not say whether it falls back to bytes".into());
        }
        let mut model = Self::new(pieces, method, Normalizer::new(spec, suffix)?)?;
        if trainer.byte_fallback() && model.bytes.is_none() {
            return Err("it has pieces for some bytes and not for others".into());
        }
        model.unknown_surface = trainer.unk_surface().to_owned();
        let rules = proto.denormalizer();
        if let Some(spec) = rules.filter(|spec| !spec.precompiled_charsmap().is_empty()) {
            model.denormalizer = Some(Normalizer::new(spec, false)?);
        }
        Ok(model)
    }

    /// A model of these pieces; a character that is in none becomes bytes where each byte has a
    /// piece, and else the unknown piece.
    pub(crate) fn new(
        pieces: Vec<Piece>,
        method: Method,
        normalizer: Normalizer,
    ) -> Result<Self, String> {
        if u32::try_from(pieces.len()).is_err() {
            return Err("it has too many pieces".into());
        }
        let (mut usual, mut reserved) = (HashMap::new(), HashMap::new());
        let mut bytes = vec![None; 256];
        let mut unknown = None;
        for (piece, id) in pieces.iter().zip(0..) {
            let shown = &piece.text;
            if shown.is_empty() {
                return Err(format!("piece {id} is empty"));
            }
            if !piece.score.is_finite() {
                return Err(format!("the score of {shown:?} is {}", piece.score));
            }
            let of_text = matches!(piece.kind, Kind::Normal | Kind::UserDefined | Kind::Unused);
            let names = if of_text { &mut usual } else { &mut reserved };
            if names.insert(shown.clone(), id).is_some() {
                return Err(format!("it has {shown:?} twice"));
            }
            match piece.kind {
                Kind::Unknown if unknown.is_some() => {
                    return Err("it has two unknown pieces".into());
                }
                Kind::Unknown => unknown = Some(id),
                Kind::Byte => {
                    let byte = piece.byte();
                    let byte = byte.ok_or_else(|| format!("{shown:?} stands for no byte"))?;
                    bytes[usize::from(byte)] = Some(id);
                }
                _ => {}
            }
        }
        let unknown = unknown.ok_or("it has no unknown piece")?;
        let of_kind = |wanted: Kind| {
            let all = pieces.iter().zip(0..);
            all.filter(move |(p, _)| p.kind == wanted)
        };
        let kept = Trie::new(of_kind(Kind::UserDefined).map(|(p, id)| (&*p.text, id)));
        Ok(Self {
            longest: usual.keys().map(String::len).max().unwrap_or_default(),
            unigram: (method == Method::Unigram).then(|| Unigram::new(&pieces, unknown)),
            bytes: bytes.into_iter().collect(),
            denormalizer: None,
            unknown_surface: " \u{2047} ".into(),
            normalizer,
            usual,
            reserved,
            kept,
            unknown,
            pieces,
        })
    }

    /// Calls `take` with each piece of a text: its id, and what of the normalised text it stands
    /// for. An unknown piece stands for as many unknown characters as follow each other; several
    /// bytes' pieces each stand for the character that they are of.
    pub(crate) fn encode(&self, text: &str, mut take: impl FnMut(u32, &str)) {
        let normal = self.normalizer.normalize(text, &self.kept);
        let found = match &self.unigram {
            Some(unigram) => unigram.encode(&normal, &self.pieces),
            None => bpe::encode(self, &normal),
        };
        let mut start = 0;
        let mut found = found.into_iter().peekable();
        while let Some((mut end, id)) = found.next() {
            if id == self.unknown && self.bytes.is_none() {
                while let Some((later, _)) = found.next_if(|next| next.1 == id) {
                    end = later;
                }
            }
            let surface = &normal[start..end];
            match &self.bytes {
                Some(bytes) if id == self.unknown => {
                    for byte in surface.bytes() {
                        take(bytes[usize::from(byte)], surface);
                    }
                }
                _ => take(id, surface),
            }
            start = end;
        }
    }

    /// All pieces, by their ids.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The id of the unknown piece.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The id of a piece; the unknown piece's for what is none.
    pub(crate) fn piece_id(&self, piece: &str) -> u32 {
        let id = self.reserved.get(piece).or_else(|| self.usual.get(piece));
        id.copied().unwrap_or(self.unknown)
    }

    /// How texts are normalised.
    pub(crate) fn normalizer(&self) -> &Normalizer {
        &self.normalizer
    }

    /// What decoded text becomes at last.
    pub(crate) fn denormalize(&self, text: String) -> String {
        match &self.denormalizer {
            Some(rules) => rules.normalize(&text, &Trie::new(std::iter::empty())),
            None => text,
        }
    }
}
