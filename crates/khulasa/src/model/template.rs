//! Prompts: what a model reads around a text.

use khulasa_tokenizer::Tokenizer;

use crate::Result;

/// What a model reads, with a place for a text.
#[derive(Debug)]
pub(super) struct Template {
    before: Vec<u32>,
    /// What is one piece of text with the text itself.
    left: String,
    right: String,
    after: Vec<u32>,
}

/// A piece of a template.
enum Piece<'a> {
    Control(u32),
    Text(&'a str),
}

impl Template {
    /// Reads a template with `{text}` in it; what stands in it between `<` and `>` and is a token
    /// of the vocabulary becomes that token. `framed` says whether the vocabulary's own prefix and
    /// suffix stand around it all.
    pub fn parse(template: &str, tokenizer: &Tokenizer, framed: bool) -> Result<Self> {
        let (before, after) = template.split_once("{text}").unwrap_or((template, ""));
        let (mut before, mut after) = (pieces(before, tokenizer), pieces(after, tokenizer));
        let left = match before.pop_if(|piece| matches!(piece, Piece::Text(_))) {
            Some(Piece::Text(text)) => text,
            _ => "",
        };
        let right = match after.first() {
            Some(Piece::Text(text)) => {
                let text = *text;
                after.remove(0);
                text
            }
            _ => "",
        };
        let tokens = |pieces: Vec<Piece<'_>>| -> Result<Vec<u32>> {
            let mut ids = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Control(id) => ids.push(id),
                    Piece::Text(text) => ids.extend(tokenizer.encode(text)?),
                }
            }
            Ok(ids)
        };
        let (prefix, suffix) = match framed {
            true => (tokenizer.prefix(), tokenizer.suffix()),
            false => (&[][..], &[][..]),
        };
        Ok(Self {
            before: [prefix, &tokens(before)?].concat(),
            left: left.to_owned(),
            right: right.to_owned(),
            after: [&tokens(after)?, suffix].concat(),
        })
    }

    /// The tokens of the prompt for a text, of which no more than `most` tokens are read.
    pub fn around(&self, text: &str, most: usize, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        let whole = format!("{}{text}{}", self.left, self.right);
        let mut tokens = tokenizer.encode(&whole)?;
        if tokens.len() > most {
            let right = match self.right.is_empty() {
                true => Vec::new(),
                false => tokenizer.encode(&self.right)?,
            };
            tokens.truncate(most);
            tokens.extend(right);
        }
        Ok([&self.before, &tokens[..], &self.after].concat())
    }
}

fn pieces<'a>(mut text: &'a str, tokenizer: &Tokenizer) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let control = text.strip_prefix('<').and_then(|_| {
            let end = text.find('>')? + 1;
            Some((end, tokenizer.token_id(&text[..end])?))
        });
        let end = match control {
            Some((end, id)) => {
                pieces.push(Piece::Control(id));
                end
            }
            None => {
                // Up to where the next control token may begin.
                let end = text
                    .match_indices('<')
                    .map(|(at, _)| at)
                    .find(|&at| {
                        let rest = &text[at..];
                        at > 0
                            && rest
                                .find('>')
                                .is_some_and(|end| tokenizer.token_id(&rest[..=end]).is_some())
                    })
                    .unwrap_or(text.len());
                pieces.push(Piece::Text(&text[..end]));
                end
            }
        };
        text = &text[end..];
    }
    pieces
}
