//! Web addresses in a text, and the names of the sites they lead to.

use khulasa_tokenizer::normalize::fold;

/// Addresses longer than this are not looked at: no domain is that long (RFC 1035 allows 253).
const MAX_ADDRESS: usize = 2048;

/// Whether a word is a web address, an e-mail address, a handle or a hashtag.
pub(super) fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| "()[]<>«»\"'،,;؛".contains(c));
    if word.len() > MAX_ADDRESS {
        return false;
    }
    if let Some(name) = word.strip_prefix(['@', '#']) {
        return name.chars().next().is_some_and(char::is_alphanumeric);
    }
    word.contains("://") || host(word).is_some()
}

/// The host of an address, without scheme, user, `www.`, port and path; `None` where there is none.
fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#', ':']).next()?;
    let rest = rest.rsplit('@').next()?;
    let rest = rest.trim_end_matches('.');
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let (name, top) = rest.rsplit_once('.')?;
    let label = |l: &str| {
        !l.is_empty()
            && l.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let top_level = (2..=12).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_alphabetic());
    let named = name.bytes().any(|b| b.is_ascii_alphabetic());
    (top_level && named && name.split('.').all(label)).then_some(rest)
}

/// Hosts that pages share to, link to or are sent through: never the name of the page's own site.
const PLATFORMS: &[&str] = &[
    "facebook",
    "fb",
    "twitter",
    "x",
    "t",
    "telegram",
    "youtube",
    "youtu",
    "instagram",
    "linkedin",
    "whatsapp",
    "wa",
    "pinterest",
    "google",
    "goo",
    "bit",
    "tiktok",
    "gmail",
    "hotmail",
    "yahoo",
    "outlook",
    "wordpress",
    "blogspot",
];

/// Names that a page's site may go by in Latin letters, from the address of the page or from those
/// it shows: the name in each domain, and the accounts at platforms (`twitter.com/NAME`).
pub(super) fn names_in(address: &str) -> Vec<String> {
    let address = address.trim_matches(|c: char| "()[]<>«»\"'،,;؛".contains(c));
    if address.len() > MAX_ADDRESS {
        return Vec::new();
    }
    if let Some(handle) = address.strip_prefix('@') {
        return vec![letters(handle)];
    }
    let Some(host) = host(address) else {
        return Vec::new();
    };
    let domain = registered_name(host);
    if !PLATFORMS.contains(&domain.as_str()) {
        return vec![domain];
    }
    let after_host = address.split_once(host).map_or("", |(_, rest)| rest);
    let account = after_host.trim_start_matches('/').split(['/', '?']).next();
    account
        .map(|account| letters(account.split('.').next().unwrap_or_default()))
        .filter(|name| !name.is_empty())
        .into_iter()
        .collect()
}

/// The label that names the site: the last one that is neither the top-level domain nor a
/// second-level class such as `com` in `com.sy`.
fn registered_name(host: &str) -> String {
    let classes = ["com", "net", "org", "gov", "edu", "co", "ac", "info"];
    host.rsplit('.')
        .skip(1)
        .find(|label| !classes.contains(label))
        .map(letters)
        .unwrap_or_default()
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Whether a name in a text is that of a site, in the same letters or spelt in Latin ones.
pub(super) fn is_name(name: &str, site: &str) -> bool {
    let fold = |name: &str| fold(name).trim().to_owned();
    name.len() <= 4 * MAX_NAME && (fold(name) == fold(site) || is_spelt(name, site))
}

/// Longest name, in letters, that is compared with a transliteration.
const MAX_NAME: usize = 40;

/// Whether an Arabic name is spelt by a name in Latin letters, as مدينتي is by `madinati`.
///
/// Every consonant must be met in order; vowels are free, as no two newspapers write them alike.
/// An article (`al`, `el`) may be there or not.
fn is_spelt(arabic: &str, latin: &str) -> bool {
    let arabic: Vec<char> = fold(arabic).chars().filter(|c| c.is_alphabetic()).collect();
    if latin.len() > MAX_NAME || arabic.len() > MAX_NAME {
        return false;
    }
    let arabic = arabic.strip_prefix(&['ا', 'ل']).unwrap_or(&arabic);
    let bare_latin = ["al", "el"].iter().find_map(|a| latin.strip_prefix(a));
    let consonants = arabic.iter().filter(|&&c| !sounds(c).contains(&"")).count();
    consonants >= 2
        && (matches(arabic, latin) || bare_latin.is_some_and(|latin| matches(arabic, latin)))
}

/// How a folded Arabic letter may be written; an empty spelling means that it may be left out.
fn sounds(c: char) -> &'static [&'static str] {
    match c {
        'ا' => &["", "a", "e"],
        'ء' => &["", "a", "e", "i", "o"],
        'ع' => &["", "a", "e", "i", "o"],
        'و' => &["", "w", "o", "u", "ou"],
        'ي' => &["", "y", "i", "e", "ee"],
        'ه' => &["", "h", "a", "t"],
        'ب' => &["b", "p"],
        'ت' | 'ط' => &["t"],
        'ث' => &["th", "t", "s"],
        'ج' => &["j", "g", "dj"],
        'ح' => &["h"],
        'خ' => &["kh", "k"],
        'د' => &["d"],
        'ض' => &["d", "dh"],
        'ذ' => &["dh", "th", "z", "d"],
        'ظ' => &["z", "dh", "th"],
        'ر' => &["r"],
        'ز' => &["z"],
        'س' | 'ص' => &["s"],
        'ش' => &["sh", "ch"],
        'غ' => &["gh", "g"],
        'ف' => &["f", "v"],
        'ق' => &["q", "k", "g"],
        'ك' => &["k", "c"],
        'ل' => &["l"],
        'م' => &["m"],
        'ن' => &["n"],
        _ => &[],
    }
}

/// Matches letter by letter, keeping the set of places in `latin` reached so far.
fn matches(arabic: &[char], latin: &str) -> bool {
    let skip_vowels = |reached: &mut [bool]| {
        for (at, byte) in latin.bytes().enumerate() {
            let doubled = at > 0 && latin.as_bytes()[at - 1] == byte;
            if reached[at] && (b"aeiouy".contains(&byte) || doubled) {
                reached[at + 1] = true;
            }
        }
    };
    let mut reached = vec![false; latin.len() + 1];
    reached[0] = true;
    skip_vowels(&mut reached);
    for &letter in arabic {
        let mut next = vec![false; latin.len() + 1];
        for at in (0..=latin.len()).filter(|&at| reached[at]) {
            for sound in sounds(letter) {
                if latin.as_bytes()[at..].starts_with(sound.as_bytes()) {
                    next[at + sound.len()] = true;
                }
            }
        }
        skip_vowels(&mut next);
        reached = next;
    }
    reached[latin.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for word in [
            "https://example.org/a?b=1",
            "www.example.com",
            "example.com.sy/path",
            "(example.net)",
            "editor@example.org",
            "@example",
            "#حلب",
        ] {
            assert!(is_address(word), "{word}");
        }
        for word in [
            "3.5",
            "13/03/2020",
            "د.",
            "قال",
            "a.b.",
            "و/أو",
            "...",
            "@",
            "#",
        ] {
            assert!(!is_address(word), "{word}");
        }
    }

    #[test]
    fn names_from_addresses() {
        for (address, expected) in [
            ("madinati.com", "madinati"),
            ("https://www.news.example.com.sy/a", "example"),
            ("facebook.com/madinati.net", "madinati"),
            ("https://twitter.com/madinati?s=20", "madinati"),
            ("@Enab_Baladi", "enabbaladi"),
        ] {
            assert_eq!(names_in(address), [expected], "{address}");
        }
        assert!(names_in("facebook.com").is_empty());
    }

    #[test]
    fn names_in_both_scripts() {
        for (arabic, latin) in [
            ("مدينتي", "madinati"),
            ("الجزيرة", "aljazeera"),
            ("عنب بلدي", "enabbaladi"),
            ("النهار", "annahar"),
            ("الوطن", "watan"),
        ] {
            assert!(is_spelt(arabic, latin), "{arabic} {latin}");
        }
        for (arabic, latin) in [
            ("مدن", "madinati"),
            ("وقال", "madinati"),
            ("أي", "aljazeera"),
            ("الوطن", "aljazeera"),
        ] {
            assert!(!is_spelt(arabic, latin), "{arabic} {latin}");
        }
    }
}
