//! Arabic names in Latin letters: how far a spelling is from what the Arabic may be written as.
//!
//! Newspapers follow no one standard. The table holds what the common ones (ISO 233, ALA-LC, UNGEGN)
//! have without their marks, and what English and French (Maghrebi) habits make of it. Short
//! vowels are not written in Arabic, so that vowels of the Latin come nearly free; long ones and
//! weak consonants may be lost.

/// What an Arabic letter, or two, may be written as; what is less usual costs more.
const LETTERS: &[(&str, &[(&str, f32)])] = &[
    ("كس", &[("x", 0.0)]),
    ("تش", &[("ch", 0.0), ("tch", 0.0), ("c", 0.3)]),
    ("دج", &[("j", 0.0), ("g", 0.1)]),
    ("اي", &[("i", 0.0), ("y", 0.0)]),
    ("او", &[("o", 0.0), ("u", 0.0), ("ou", 0.0)]),
    (
        "ا",
        &[
            ("a", 0.0),
            ("e", 0.0),
            ("o", 0.1),
            ("i", 0.1),
            ("u", 0.1),
            ("", 0.25),
        ],
    ),
    ("ب", &[("b", 0.0), ("p", 0.0), ("v", 0.4)]),
    ("ت", &[("t", 0.0), ("th", 0.2), ("d", 0.5)]),
    ("ث", &[("th", 0.0), ("s", 0.2), ("t", 0.2)]),
    (
        "ج",
        &[("j", 0.0), ("g", 0.0), ("dj", 0.0), ("gu", 0.1), ("y", 0.5)],
    ),
    ("ح", &[("h", 0.0), ("kh", 0.5), ("", 0.5)]),
    (
        "خ",
        &[
            ("kh", 0.0),
            ("h", 0.2),
            ("k", 0.3),
            ("ch", 0.2),
            ("j", 0.4),
            ("x", 0.4),
        ],
    ),
    ("د", &[("d", 0.0), ("t", 0.5)]),
    ("ذ", &[("dh", 0.0), ("z", 0.1), ("d", 0.1), ("th", 0.2)]),
    ("ر", &[("r", 0.0), ("rh", 0.2)]),
    ("ز", &[("z", 0.0), ("s", 0.2)]),
    ("س", &[("s", 0.0), ("c", 0.1), ("z", 0.3), ("sh", 0.6)]),
    ("ش", &[("sh", 0.0), ("ch", 0.0), ("sch", 0.0), ("s", 0.4)]),
    ("ص", &[("s", 0.0), ("c", 0.6), ("z", 0.4)]),
    ("ض", &[("d", 0.0), ("dh", 0.0), ("z", 0.2), ("th", 0.4)]),
    ("ط", &[("t", 0.0), ("th", 0.3)]),
    ("ظ", &[("z", 0.0), ("dh", 0.0), ("th", 0.2), ("d", 0.3)]),
    (
        "ع",
        &[
            ("", 0.0),
            ("a", 0.0),
            ("e", 0.0),
            ("i", 0.0),
            ("o", 0.0),
            ("u", 0.0),
        ],
    ),
    ("غ", &[("gh", 0.0), ("g", 0.0), ("r", 0.5), ("h", 0.4)]),
    ("ف", &[("f", 0.0), ("ph", 0.0), ("v", 0.0), ("w", 0.4)]),
    (
        "ق",
        &[
            ("q", 0.0),
            ("k", 0.0),
            ("g", 0.1),
            ("c", 0.1),
            ("gh", 0.2),
            ("kh", 0.4),
        ],
    ),
    (
        "ك",
        &[
            ("k", 0.0),
            ("c", 0.0),
            ("ck", 0.0),
            ("q", 0.1),
            ("ch", 0.2),
            ("kh", 0.3),
            ("g", 0.4),
        ],
    ),
    ("ل", &[("l", 0.0)]),
    ("م", &[("m", 0.0)]),
    ("ن", &[("n", 0.0), ("gn", 0.2)]),
    ("ه", &[("h", 0.0), ("a", 0.0), ("e", 0.1), ("", 0.2)]),
    (
        "و",
        &[
            ("w", 0.0),
            ("o", 0.0),
            ("u", 0.0),
            ("ou", 0.0),
            ("v", 0.2),
            ("e", 0.4),
            ("", 0.3),
        ],
    ),
    (
        "ي",
        &[
            ("y", 0.0),
            ("i", 0.0),
            ("e", 0.0),
            ("j", 0.3),
            ("", 0.3),
            ("a", 0.4),
        ],
    ),
    ("ء", &[("", 0.0), ("a", 0.2)]),
    ("پ", &[("p", 0.0)]),
    ("ڤ", &[("v", 0.0)]),
    ("چ", &[("ch", 0.0), ("j", 0.3)]),
    ("گ", &[("g", 0.0)]),
    ("ژ", &[("zh", 0.0), ("j", 0.0)]),
];

/// A vowel that the Arabic does not write.
const VOWEL: f32 = 0.1;
/// A letter that is mute in English or French: "h", "w".
const MUTE: f32 = 0.4;
/// A letter more or less.
const LOST: f32 = 1.0;

/// The longest name that is compared, in letters: nobody's name is longer.
const LONGEST: usize = 32;

/// How far an English word is from a folded Arabic one without clitics: 0 if it is one of its
/// usual spellings, the part of its letters that are wrong if it is not; infinite if one of them has no letters of its script.
pub(crate) fn distance(arabic: &str, english: &str) -> f32 {
    let source: Vec<char> = arabic.chars().filter(|c| c.is_alphabetic()).collect();
    let target = bare(english);
    if source.is_empty() || target.is_empty() || source.len().max(target.len()) > LONGEST {
        return f32::INFINITY;
    }
    let width = target.len() + 1;
    let mut costs = vec![f32::INFINITY; (source.len() + 1) * width];
    costs[0] = 0.0;
    for i in 0..=source.len() {
        let begins = |letters: &&(&str, &[(&str, f32)])| {
            let here = source[i..].iter().copied();
            here.take(letters.0.chars().count()).eq(letters.0.chars())
        };
        let letters: Vec<_> = LETTERS.iter().filter(begins).collect();
        for j in 0..=target.len() {
            let here = costs[i * width + j];
            if here.is_infinite() {
                continue;
            }
            let mut reach = |i: usize, j: usize, cost: f32| {
                let there = &mut costs[i * width + j];
                *there = there.min(here + cost);
            };
            if let Some(&letter) = target.get(j) {
                reach(i, j + 1, spare(letter));
            }
            if i < source.len() {
                reach(i + 1, j, LOST);
            }
            for (letters, spellings) in &letters {
                for (spelling, cost) in *spellings {
                    if target[j..].starts_with(spelling.as_bytes()) {
                        reach(i + letters.chars().count(), j + spelling.len(), *cost);
                    }
                }
            }
        }
    }
    let consonants = |of: usize| of.max(2) as f32;
    let written = source
        .iter()
        .filter(|c| !matches!(c, 'ا' | 'و' | 'ي' | 'ع' | 'ه' | 'ء'));
    let heard = target.iter().filter(|&&c| !is_vowel(c));
    costs[costs.len() - 1] / consonants(written.count().max(heard.count()))
}

/// What a letter costs for which the Arabic has none.
fn spare(letter: u8) -> f32 {
    match letter {
        letter if is_vowel(letter) => VOWEL,
        b'h' | b'w' => MUTE,
        _ => LOST,
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// An English word in small letters without marks and without doubled letters.
fn bare(word: &str) -> Vec<u8> {
    let mut bare: Vec<u8> = word.to_lowercase().chars().filter_map(plain).collect();
    bare.dedup();
    bare
}

/// A Latin letter without its mark.
fn plain(letter: char) -> Option<u8> {
    Some(match letter {
        'a'..='z' => letter as u8,
        'à'..='å' | 'ā' | 'ă' => b'a',
        'ç' | 'č' | 'ć' => b'c',
        'è'..='ë' | 'ē' | 'ě' => b'e',
        'ì'..='ï' | 'ī' | 'ı' => b'i',
        'ñ' | 'ń' => b'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => b'o',
        'š' | 'ş' | 'ś' => b's',
        'ù'..='ü' | 'ū' | 'ű' => b'u',
        'ž' | 'ż' | 'ź' => b'z',
        'ğ' => b'g',
        'ł' => b'l',
        'ý' | 'ÿ' => b'y',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use khulasa_tokenizer::normalize::fold;

    use super::*;
    use crate::names::NEAR;

    #[test]
    fn spellings_of_the_same_name() {
        for (arabic, spellings) in [
            ("محمد", &["Mohammed", "Muhammad", "Mohamed", "Mehmed"][..]),
            ("قاسم", &["Qasim", "Kassem", "Gasem", "Qassim"]),
            ("جمال", &["Jamal", "Gamal", "Djamel"]),
            ("شريف", &["Sharif", "Cherif", "Shareef"]),
            ("خالد", &["Khaled", "Khalid", "Haled"]),
            ("غسان", &["Ghassan", "Gassan"]),
            ("عثمان", &["Othman", "Uthman", "Osman", "Othmane"]),
            ("ذهبي", &["Dhahabi", "Zahabi"]),
            ("نور", &["Nour", "Noor", "Nur"]),
            ("كريم", &["Karim", "Kareem", "Krim"]),
            ("فاطمة", &["Fatima", "Fatma", "Fatimah"]),
            ("حسين", &["Hussein", "Husayn", "Hoceine"]),
            ("عبدالعزيز", &["Abdulaziz", "Abdelaziz"]),
            ("بوتفليقة", &["Bouteflika"]),
            ("أوباما", &["Obama"]),
            ("ترامب", &["Trump"]),
            ("مينينديز", &["Menendez", "Minendiz"]),
            ("ريش", &["Risch", "Rish"]),
            ("جيم", &["Jim"]),
            ("باراك", &["Barack"]),
            ("أسد", &["Assad", "Asad"]),
            ("ماكسيم", &["Maxim"]),
            ("سارتشي", &["Sarchi"]),
            ("أردوغان", &["Erdoğan", "Erdogan"]),
            ("نتنياهو", &["Netanyahu"]),
        ] {
            for spelling in spellings {
                let distance = distance(&fold(arabic), spelling);
                assert!(distance <= NEAR, "{arabic} {spelling} {distance}");
            }
        }
    }

    #[test]
    fn other_words() {
        for (arabic, word) in [
            ("محمد", "Ahmad"),
            ("قيصر", "Tsar"),
            ("قيصر", "Congress"),
            ("ترامب", "Obama"),
            ("سوري", "Senate"),
            ("جيم", "Bob"),
            ("دمشق", "Democrats"),
            ("خالد", "Walid"),
            ("حسن", "Hussam"),
            ("فاطمة", "Fathi"),
        ] {
            let distance = distance(&fold(arabic), word);
            assert!(distance > NEAR, "{arabic} {word} {distance}");
        }
        for (arabic, word) in [("", "A"), ("قيصر", ""), ("قيصر", "قيصر"), ("123", "Ali")]
        {
            assert!(distance(arabic, word).is_infinite(), "{arabic} {word}");
        }
        assert!(distance(&"م".repeat(100_000), &"m".repeat(100_000)).is_infinite());
    }
}
