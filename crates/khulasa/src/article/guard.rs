//! Looks over a page before it is parsed, for shapes that take parsers time or stack out of
//! proportion to their size.
//!
//! It follows the tokenization states of the HTML standard (section 13.2.5) as far as tags go, in
//! one pass over the bytes. It may be wrong about pages that break the rules, never by much.

/// Deepest nesting a page is parsed with; beyond it only its text is read.
const MAX_DEPTH: usize = 256;
/// Most attributes that a tag may have: parsers compare each with all before it.
const MAX_ATTRIBUTES: usize = 1000;

/// Most characters to be escaped (`&`, no-break spaces, stray `<` and `>`) that a page is parsed
/// with: writing a text out takes time in proportion to their number times its length.
const MAX_ESCAPES: usize = 20_000;

/// Elements that are never closed.
const VOID: &[&[u8]] = &[
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param",
    b"source", b"track", b"wbr",
];

/// Elements that the next of their kind, or the end of what holds them, closes.
const OPTIONAL_END: &[&[u8]] = &[
    b"p",
    b"li",
    b"dt",
    b"dd",
    b"tr",
    b"td",
    b"th",
    b"thead",
    b"tbody",
    b"tfoot",
    b"option",
    b"optgroup",
    b"colgroup",
    b"rp",
    b"rt",
    b"html",
    b"head",
    b"body",
];

/// What a page looks like from outside.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It can be parsed.
    Sound,
    /// It is nested too deeply, or has too much to escape, to be parsed; its text can be read.
    Costly,
    /// A tag has too many attributes; the byte where it begins.
    Swollen(usize),
}

/// Looks over a page.
pub(super) fn shape(html: &str) -> Shape {
    let bytes = html.as_bytes();
    let (mut depth, mut deepest, mut at, mut counted) = (0usize, 0usize, 0usize, 0usize);
    let mut count = 0;
    while let Some(found) = find(bytes, at, b"<") {
        count += escapes(&bytes[counted..found]);
        (at, counted) = (found + 1, found);
        if bytes[at..].starts_with(b"!--") {
            at = find(bytes, at + 3, b"-->").unwrap_or(bytes.len());
            counted = at;
            continue;
        }
        let closing = bytes.get(at) == Some(&b'/');
        at += usize::from(closing);
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let tag = tag(bytes, at);
        if tag.attributes > MAX_ATTRIBUTES {
            return Shape::Swollen(found);
        }
        let name = bytes[at..tag.name_end].to_ascii_lowercase();
        count += escapes(&bytes[at..tag.end]).saturating_sub(1);
        (at, counted) = (tag.end, tag.end);
        if VOID.contains(&name.as_slice()) || OPTIONAL_END.contains(&name.as_slice()) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else if matches!(
            name.as_slice(),
            b"script" | b"style" | b"textarea" | b"title"
        ) {
            at = skip_raw(bytes, at, &name);
            counted = at;
        } else {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    count += escapes(&bytes[counted..]);
    if deepest > MAX_DEPTH || count > MAX_ESCAPES {
        Shape::Costly
    } else {
        Shape::Sound
    }
}

/// How many characters must be escaped when these bytes are written as HTML.
fn escapes(bytes: &[u8]) -> usize {
    let signs = bytes
        .iter()
        .filter(|b| matches!(b, b'&' | b'<' | b'>'))
        .count();
    signs + bytes.windows(2).filter(|pair| pair == b"\xC2\xA0").count()
}

struct Tag {
    name_end: usize,
    end: usize,
    attributes: usize,
}

#[derive(Clone, Copy)]
enum State {
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

/// Reads the tag whose name begins at `start`.
fn tag(bytes: &[u8], start: usize) -> Tag {
    let name_end = bytes[start..]
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
        .map_or(bytes.len(), |length| start + length);
    let (mut state, mut attributes) = (State::BeforeName, 0);
    for (at, &byte) in bytes.iter().enumerate().skip(name_end) {
        let blank = byte.is_ascii_whitespace();
        let quoted = matches!(state, State::Quoted(_));
        if byte == b'>' && !quoted {
            return Tag {
                name_end,
                end: at + 1,
                attributes,
            };
        }
        state = match state {
            State::Quoted(quote) if byte == quote => State::BeforeName,
            State::Quoted(_) => state,
            State::Unquoted if blank => State::BeforeName,
            State::Unquoted => state,
            State::BeforeValue if blank => state,
            State::BeforeValue if matches!(byte, b'"' | b'\'') => State::Quoted(byte),
            State::BeforeValue => State::Unquoted,
            State::Name | State::AfterName if byte == b'=' => State::BeforeValue,
            State::Name | State::AfterName if blank => State::AfterName,
            State::Name if byte != b'/' => state,
            State::BeforeName if blank || byte == b'/' => state,
            State::Name | State::AfterName if byte == b'/' => State::BeforeName,
            State::BeforeName | State::Name | State::AfterName => {
                attributes += 1;
                State::Name
            }
        };
    }
    Tag {
        name_end,
        end: bytes.len(),
        attributes,
    }
}

/// Where the end tag of a raw text element begins, or the text ends.
fn skip_raw(bytes: &[u8], mut at: usize, name: &[u8]) -> usize {
    while let Some(found) = find(bytes, at, b"</") {
        at = found + 2;
        let end = bytes.get(at..at + name.len());
        if end.is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return found;
        }
    }
    bytes.len()
}

/// Where a pattern is next found from `from` on.
fn find(bytes: &[u8], from: usize, pattern: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(pattern.len())
        .position(|window| window == pattern)
        .map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_pages_are_sound() {
        for page in [
            "",
            "نص بلا وسوم < و > &amp;",
            "<!-- <div><div> --><p>أ<p>ب<br><img src=x>",
            "<script>if (a<b && c) { s = '<div><div>'; }</script><p>نص</p>",
            "<a href='x>y' title=\"a b c\">نص</a",
        ] {
            assert_eq!(shape(page), Shape::Sound, "{page}");
        }
        assert_eq!(shape(&"<div><p>نص</div>".repeat(5000)), Shape::Sound);
        assert_eq!(shape(&"<p>نص<br>".repeat(5000)), Shape::Sound);
        let image = format!("<img src='{}'>", "a b=c ".repeat(5000));
        assert_eq!(shape(&image), Shape::Sound);
    }

    #[test]
    fn costly_pages() {
        for text in [
            "&",
            "<",
            ">",
            "\u{A0}",
            "&nbsp;",
            "<p title='&amp;'>",
            "</b>&",
        ] {
            assert_eq!(shape(&text.repeat(30_000)), Shape::Costly, "{text}");
        }

        assert_eq!(shape(&"<div>".repeat(100_000)), Shape::Costly);
        assert_eq!(shape(&"<p><font color=a>".repeat(1000)), Shape::Costly);
    }

    #[test]
    fn swollen_tags() {
        for attribute in ["a=1 ", "a ", "a='1'", "a/", "=\"\n"] {
            let page = format!("نص<p {}>", attribute.repeat(4000));
            assert_eq!(shape(&page), Shape::Swollen(4), "{attribute}");
        }
    }
}
