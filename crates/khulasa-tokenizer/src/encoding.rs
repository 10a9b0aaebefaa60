//! Bytes to text: which encoding they are in, and what to say of those that are no text at all.

use std::fmt;
use std::str::FromStr;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use crate::chars::{is_arabic_letter, is_mark};
use crate::{Error, Result};

/// An encoding of the WHATWG's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// Its name in that list, such as `UTF-8` or `windows-1256`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(label: &str) -> Result<Self> {
        encoding_rs::Encoding::for_label(label.as_bytes())
            .map(Self)
            .ok_or_else(|| Error::UnknownEncoding(label.to_owned()))
    }
}

/// Text with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte-order mark.
    pub text: String,
    /// The encoding that it was in.
    pub encoding: Encoding,
    /// The places at which bytes made no character; U+FFFD stands there.
    pub replacements: usize,
}

/// The bytes that are looked at to find an encoding; the rest of a long text is in the same.
const SAMPLE: usize = 64 * 1024;

/// Decodes bytes in the encoding that is forced, or in the one that they seem to be in: by a
/// byte-order mark, as UTF-16 by its pattern, as UTF-8 if they are valid or nearly so, as an HTML
/// page says of itself, and else by the letters that come out.
///
/// # Errors
/// [`Error::Binary`] for bytes that are no text.
pub fn decode(bytes: &[u8], forced: Option<Encoding>, is_html: bool) -> Result<Decoded> {
    let encoding = match forced {
        Some(encoding) => encoding.0,
        None => detect(bytes, is_html)?,
    };
    // A byte-order mark is heeded only where nothing is forced, and never kept.
    let text = match forced {
        None => encoding.decode(bytes).0,
        Some(_) => encoding.decode_with_bom_removal(bytes).0,
    };
    let own = if encoding == encoding_rs::UTF_8 {
        bytes_of_replacement(bytes)
    } else {
        0
    };
    Ok(Decoded {
        replacements: text.matches('\u{fffd}').count().saturating_sub(own),
        text: text.into_owned(),
        encoding: Encoding(encoding),
    })
}

/// How often U+FFFD itself stands in UTF-8.
fn bytes_of_replacement(bytes: &[u8]) -> usize {
    bytes.windows(3).filter(|w| w == b"\xef\xbf\xbd").count()
}

fn detect(bytes: &[u8], is_html: bool) -> Result<&'static encoding_rs::Encoding> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    if let Some(what) = signature(bytes) {
        return Err(Error::Binary(what));
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if let Some(encoding) = utf16(sample) {
        return Ok(encoding);
    }
    if sample.contains(&0) {
        return Err(Error::Binary(
            "data with zero bytes in it: save its text as a .txt or .html file first",
        ));
    }
    let controls = sample
        .iter()
        .filter(|&&b| b < 32 && !b"\t\n\r\x0c\x1b".contains(&b))
        .count();
    if controls * 20 > sample.len() {
        return Err(Error::Binary(
            "data full of control bytes: save its text as a .txt or .html file first",
        ));
    }
    // A page may have a long head in ASCII: what counts begins where that ends.
    let Some(at) = bytes.iter().position(|b| !b.is_ascii()) else {
        return Ok(encoding_rs::UTF_8);
    };
    let sample = &bytes[at..bytes.len().min(at + SAMPLE)];
    if nearly_utf8(sample) {
        return Ok(encoding_rs::UTF_8);
    }
    let declared = if is_html { declared(bytes) } else { None };
    if let Some(encoding) = declared.filter(|e| *e != encoding_rs::UTF_8) {
        return Ok(encoding);
    }
    // The detector knows many scripts, and short Arabic texts mislead it; ours have one. That
    // windows-1256 is by far the more usual decides only what is too short to tell.
    let windows = fitness(sample, encoding_rs::WINDOWS_1256);
    let iso = fitness(sample, encoding_rs::ISO_8859_6);
    if windows.share.max(iso.share) > 0.3 {
        return Ok(match iso.likelihood > windows.likelihood + 4.0 {
            true => encoding_rs::ISO_8859_6,
            false => encoding_rs::WINDOWS_1256,
        });
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    Ok(detector.guess(None, Utf8Detection::Deny))
}

/// What files of these kinds begin with.
fn signature(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (
            b"%PDF-",
            "a PDF file: extract its text first, for example with pdftotext",
        ),
        (
            b"PK\x03\x04",
            "a ZIP file or an office document: save its text as a .txt or .html file first",
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "an old office document: save its text as a .txt or .html file first",
        ),
        (
            b"{\\rtf",
            "an RTF document: save its text as a .txt or .html file first",
        ),
        (b"\x1f\x8b", "a gzip file: unpack it first"),
        (b"BZh", "a bzip2 file: unpack it first"),
        (b"\xfd7zXZ\0", "an xz file: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z file: unpack it first"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"RIFF", "a sound, film or picture"),
        (b"ID3", "a sound file"),
        (b"\x7fELF", "a program"),
        (b"MZ\x90\0", "a program"),
        (b"GGUF", "a model's weights"),
        (b"SQLite format 3\0", "a database"),
    ];
    SIGNATURES
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, what)| *what)
}

/// UTF-16 without a mark: every second byte is mostly that of Arabic letters, or zero.
fn utf16(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    if sample.len() < 4 {
        return None;
    }
    let high = |from: usize| {
        let bytes = sample.iter().skip(from).step_by(2);
        bytes
            .clone()
            .filter(|&&b| matches!(b, 0 | 6 | 0x20 | 0xfe))
            .count() as f64
            / bytes.count() as f64
    };
    let zeros = sample.iter().filter(|&&b| b == 0 || b == 6).count();
    if zeros * 4 < sample.len() {
        return None;
    }
    match (high(0), high(1)) {
        (big, little) if big > 0.85 && little < 0.7 => Some(encoding_rs::UTF_16BE),
        (big, little) if little > 0.85 && big < 0.7 => Some(encoding_rs::UTF_16LE),
        _ => None,
    }
}

/// Whether bytes are UTF-8, apart from a few accidents and a cut at the end.
fn nearly_utf8(sample: &[u8]) -> bool {
    let (mut good, mut bad, mut rest) = (0usize, 0usize, sample);
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                good += text.chars().filter(|c| !c.is_ascii()).count();
                break;
            }
            Err(e) => {
                let (valid, after) = rest.split_at(e.valid_up_to());
                good += valid.iter().filter(|b| **b & 0xc0 == 0xc0).count();
                match e.error_len() {
                    None => break,
                    Some(n) => {
                        bad += 1;
                        rest = &after[n..];
                    }
                }
            }
        }
    }
    bad == 0 || bad * 20 < good
}

/// The encoding that a page names in its first bytes.
fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    let mut rest = head.as_str();
    while let Some(at) = rest.find("charset") {
        rest = &rest[at + "charset".len()..];
        let label = rest.trim_start().strip_prefix('=').unwrap_or_default();
        let label: String = label
            .trim_start_matches([' ', '"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c))
            .collect();
        if let Some(encoding) = encoding_rs::Encoding::for_label(label.as_bytes()) {
            return Some(encoding);
        }
    }
    None
}

/// How well the text that an encoding makes of bytes fits Arabic.
struct Fitness {
    /// Its usual letters that follow other letters, less what has no place in it, among what is
    /// not ASCII.
    share: f64,
    /// The logarithm of its probability, letter by letter.
    likelihood: f64,
}

/// How often a letter stands among 1,000 characters beyond ASCII of Arabic news, by the training
/// corpus of the embedded default.
const FREQUENCIES: &[(f64, &str)] = &[
    (139.0, "ا"),
    (104.0, "ل"),
    (72.0, "ي"),
    (52.0, "منورت"),
    (31.0, "بعةدف"),
    (23.0, "سقأهح"),
    (15.0, "ك،ج"),
    (9.0, "صشىطإخ"),
    (6.0, "ثزضغذ"),
    (3.0, "ئء«»ظ"),
    (1.0, "آؤ"),
];

fn fitness(sample: &[u8], encoding: &'static encoding_rs::Encoding) -> Fitness {
    let text = encoding.decode_without_bom_handling(sample).0;
    let (mut all, mut usual, mut odd, mut likelihood) = (0.0, 0.0, 0.0, 0.0);
    let mut in_word = false;
    for c in text.chars() {
        let follows = std::mem::replace(&mut in_word, is_arabic_letter(c) || is_mark(c));
        if c.is_ascii() {
            continue;
        }
        let frequency = FREQUENCIES.iter().find(|f| f.1.contains(c)).map(|f| f.0);
        let foreign = c == '\u{fffd}' || c.is_control() || (c.is_alphabetic() && !in_word);
        likelihood += f64::ln(frequency.unwrap_or(if foreign { 0.01 } else { 0.5 }) / 1000.0);
        if !is_mark(c) {
            all += 1.0;
            // An accented Latin letter may come out as an Arabic one, but on its own.
            usual += f64::from(frequency.is_some() && follows);
            odd += f64::from(foreign);
        }
    }
    Fitness {
        share: if all == 0.0 { 0.0 } else { (usual - odd) / all },
        likelihood,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "أعلنت وزارة الصحة، اليوم الأحد، تسجيل 12 إصابة جديدة في المدينة. وقال الوزير إن الوضع \
                        تحت السيطرة؛ هل من مزيد؟";

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    fn detected(bytes: &[u8]) -> (String, &'static str, usize) {
        let decoded = decode(bytes, None, false).unwrap();
        (decoded.text, decoded.encoding.name(), decoded.replacements)
    }

    #[test]
    fn encodings_are_found() {
        let plain = |e: &'static encoding_rs::Encoding| e.encode(TEXT).0.into_owned();
        let cases = [
            (TEXT.as_bytes().to_vec(), "UTF-8"),
            ([b"\xef\xbb\xbf", TEXT.as_bytes()].concat(), "UTF-8"),
            (utf16(TEXT, false), "UTF-16LE"),
            (utf16(TEXT, true), "UTF-16BE"),
            (utf16(&format!("\u{feff}{TEXT}"), false), "UTF-16LE"),
            (utf16(&format!("\u{feff}{TEXT}"), true), "UTF-16BE"),
            (plain(encoding_rs::WINDOWS_1256), "windows-1256"),
            (plain(encoding_rs::ISO_8859_6), "ISO-8859-6"),
        ];
        for (bytes, name) in cases {
            assert_eq!(detected(&bytes), (TEXT.to_owned(), name, 0), "{name}");
        }
    }

    #[test]
    fn a_page_says_its_own() {
        let page = "<html><head><meta http-equiv=Content-Type content=\"text/html; charset=windows-1256\">\
                    </head><body>نعم</body></html>";
        let bytes = encoding_rs::WINDOWS_1256.encode(page).0;
        let decoded = decode(&bytes, None, true).unwrap();
        assert_eq!(
            (decoded.text.as_str(), decoded.encoding.name()),
            (page, "windows-1256")
        );
    }

    #[test]
    fn short_texts_are_told_apart() {
        let windows = encoding_rs::WINDOWS_1256;
        for text in [
            "إلا أن",
            "مرحبا بكم",
            "تونس",
            "الوزير",
            "ومن المنتظر أن",
            "لم تعد",
        ] {
            assert_eq!(
                detected(&windows.encode(text).0).1,
                windows.name(),
                "{text}"
            );
        }
        let iso = encoding_rs::ISO_8859_6;
        for text in [
            "الوزير",
            "أعلنت وزارة الصحة تسجيل إصابة",
            "ومن المنتظر أن يعلن",
        ] {
            assert_eq!(detected(&iso.encode(text).0).1, iso.name(), "{text}");
        }
    }

    #[test]
    fn a_long_head_in_ascii_hides_nothing() {
        let text = format!("<script>{}</script>{TEXT}", "x = 1;".repeat(SAMPLE));
        for encoding in [encoding_rs::UTF_8, encoding_rs::WINDOWS_1256] {
            let bytes = encoding.encode(&text).0;
            assert_eq!(detected(&bytes), (text.clone(), encoding.name(), 0));
        }
    }

    #[test]
    fn other_scripts_are_not_made_arabic() {
        let cases = [
            (
                "Le président a été réélu après un débat très animé à Genève.",
                "windows-1252",
            ),
            (
                "Президент заявил, что переговоры продолжатся на следующей неделе.",
                "windows-1251",
            ),
        ];
        for (text, name) in cases {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
            assert_eq!(detected(&encoding.encode(text).0).1, name);
        }
    }

    #[test]
    fn accidents_are_counted() {
        let cut = &TEXT.as_bytes()[..TEXT.len() - 1];
        let (text, name, replacements) = detected(cut);
        assert!(text.ends_with('\u{fffd}') && name == "UTF-8" && replacements == 1);
        let mut units: Vec<u8> = utf16(&format!("\u{feff}{TEXT}"), false);
        units.extend([0x00, 0xd8, 0x27, 0x06]);
        assert_eq!(detected(&units).2, 1);
        assert_eq!(detected("سؤال \u{fffd} ما".as_bytes()).2, 0);
    }

    #[test]
    fn what_is_forced_is_done() {
        let bytes = encoding_rs::WINDOWS_1256.encode(TEXT).0;
        let decoded = decode(&bytes, Some("cp1256".parse().unwrap()), false).unwrap();
        assert_eq!(decoded.text, TEXT);
        let message = "klingon".parse::<Encoding>().unwrap_err().to_string();
        assert!(
            message.contains("klingon") && message.contains("windows-1256"),
            "{message}"
        );
    }

    #[test]
    fn binary_is_said_so() {
        for (bytes, word) in [
            (b"%PDF-1.7 x".as_slice(), "pdftotext"),
            (b"PK\x03\x04....", "office"),
            (b"\x89PNG\r\n", "picture"),
            (b"ab\0\0\0\0cd\0\x01\x02\x03\x04\x05", "zero"),
            (b"\x01\x02\x03\x04\x05\x06\x07", "control"),
        ] {
            let message = decode(bytes, None, false).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn nothing_is_text_too() {
        assert_eq!(detected(b"").0, "");
    }
}
