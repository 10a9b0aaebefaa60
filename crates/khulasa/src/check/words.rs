//! Number words, Arabic and English, as data.
//!
//! Arabic words are given as [`super::tokens`] folds them and without
//! clitics. Inflections are those of the reference grammars: gender, case, the construct state
//! without its final nun, the dual.

/// What a word adds to a number that is being spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// One to nineteen.
    Small(u64),
    /// Arabic "عشر" and "عشرة": ten, or what makes a teen of the unit before.
    Ten,
    /// Twenty to ninety.
    Tens(u64),
    /// English "hundred", Arabic "مئة": multiplies the unit before it.
    Hundred,
    /// Arabic hundreds in one word: "مئتان", "ثلاثمئة".
    Hundreds(u64),
    /// A thousand and more, as a power of ten.
    Power(u32),
    /// An Arabic dual of one: "ألفان", "مليوني".
    Dual(u32),
    /// Millionths of what follows or of one.
    Fraction(u64),
    /// Many of a power of ten: "عشرات", "آلاف", "dozens".
    Many(u32),
    /// A decade of years or of a life: "تسعينيات", "الخمسيني", "nineties".
    Decade(u64),
}

/// What a term says besides its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Cardinal,
    Ordinal,
}

const UNITS: [(&str, &str, u64); 9] = [
    // Masculine and feminine form, value.
    ("واحد", "واحده", 1),
    ("ثلاث", "ثلاثه", 3),
    ("اربع", "اربعه", 4),
    ("خمس", "خمسه", 5),
    ("ست", "سته", 6),
    ("سبع", "سبعه", 7),
    ("ثمان", "ثمانيه", 8),
    ("ثماني", "ثمانيه", 8),
    ("تسع", "تسعه", 9),
];

const TWO: [&str; 8] = [
    "اثنان",
    "اثنين",
    "اثنتان",
    "اثنتين",
    "اثنا",
    "اثني",
    "اثنتا",
    "اثنتي",
];

const TENS: [(&str, u64); 8] = [
    ("عشر", 20),
    ("ثلاث", 30),
    ("اربع", 40),
    ("خمس", 50),
    ("ست", 60),
    ("سبع", 70),
    ("ثمان", 80),
    ("تسع", 90),
];

const ORDINALS: [(&str, u64); 12] = [
    ("اول", 1),
    ("اولي", 1),
    ("ثاني", 2),
    ("ثان", 2),
    ("ثالث", 3),
    ("رابع", 4),
    ("خامس", 5),
    ("سادس", 6),
    ("سابع", 7),
    ("ثامن", 8),
    ("تاسع", 9),
    ("عاشر", 10),
];

/// An Arabic number word.
pub(super) fn arabic(word: &str) -> Option<(Term, Form)> {
    // "ثلثهم", "نصفها"
    for pronoun in ["هم", "ها", "هن", "نا", "ه"] {
        match word.strip_suffix(pronoun) {
            Some(part @ ("نصف" | "ربع" | "ثلث" | "ثلثا" | "ثلثي" | "ارباع" | "اخماس")) =>
            {
                return arabic(part);
            }
            Some("خمس") if pronoun != "ه" => {
                return Some((Term::Fraction(200_000), Form::Cardinal));
            }
            Some("عشر") if pronoun != "ه" => {
                return Some((Term::Fraction(100_000), Form::Cardinal));
            }
            _ => {}
        }
    }
    let cardinal = |term| Some((term, Form::Cardinal));
    // "ثلاثا", "خمسا": the accusative.
    let bare = word.strip_suffix('ا').unwrap_or(word);
    for (masculine, feminine, value) in UNITS {
        if bare == masculine || word == feminine {
            return cardinal(Term::Small(value));
        }
    }
    if TWO.contains(&word) {
        return cardinal(Term::Small(2));
    }
    if matches!(word, "احد" | "احدي") {
        // Only in eleven, twenty-one and so on.
        return cardinal(Term::Small(1));
    }
    if matches!(word, "عشر" | "عشره") {
        return cardinal(Term::Ten);
    }
    for (stem, value) in TENS {
        match word.strip_prefix(stem) {
            Some("ون" | "ين") => return cardinal(Term::Tens(value)),
            Some("ينيات" | "ينات" | "يني" | "ينيه" | "ينيا" | "ينيين" | "ينيون") =>
            {
                return cardinal(Term::Decade(value));
            }
            _ => {}
        }
    }
    for hundred in ["مئه", "مائه", "ميه"] {
        if word == hundred {
            return cardinal(Term::Hundred);
        }
        if let Some(unit) = word.strip_suffix(hundred)
            && let Some((Term::Small(unit @ 3..=9), _)) = arabic(unit)
        {
            return cardinal(Term::Hundreds(unit * 100));
        }
    }
    for stem in ["مئت", "مائت"] {
        if matches!(word.strip_prefix(stem), Some("ان" | "ين" | "ا" | "ي")) {
            return cardinal(Term::Hundreds(200));
        }
    }
    for (stem, plurals, power) in [
        ("الف", &["الاف", "الوف"][..], 3),
        ("مليون", &["ملايين"], 6),
        ("مليار", &["مليارات", "ميليارات"], 9),
        ("بليون", &["بلايين"], 9),
        ("تريليون", &["تريليونات"], 12),
        ("ترليون", &["ترليونات"], 12),
    ] {
        if plurals.contains(&word) {
            return cardinal(Term::Many(power));
        }
        match word.strip_prefix(stem) {
            Some("" | "ا") => return cardinal(Term::Power(power)),
            Some("ان" | "ين" | "ي") => return cardinal(Term::Dual(power)),
            _ => {}
        }
    }
    match word {
        "عشرات" => return cardinal(Term::Many(1)),
        "مئات" | "مئين" => return cardinal(Term::Many(2)),
        "نصف" => return cardinal(Term::Fraction(500_000)),
        "ربع" => return cardinal(Term::Fraction(250_000)),
        "ثلث" => return cardinal(Term::Fraction(333_333)),
        "ثلثا" | "ثلثي" | "ثلثان" | "ثلثين" => {
            return cardinal(Term::Fraction(666_666));
        }
        "ارباع" => return cardinal(Term::Fraction(250_000)),
        "اخماس" => return cardinal(Term::Fraction(200_000)),
        _ => {}
    }
    let stem = word.strip_suffix(['ه', 'ا']).unwrap_or(word);
    ORDINALS
        .iter()
        .find(|(ordinal, _)| *ordinal == stem || *ordinal == word)
        .map(|&(_, value)| (Term::Small(value), Form::Ordinal))
        .or_else(|| {
            // "حادي عشر", the eleventh
            (stem == "حادي").then_some((Term::Small(1), Form::Ordinal))
        })
}

/// An English number word in lower case.
pub(super) fn english(word: &str) -> Option<(Term, Form)> {
    const SMALL: [(&str, &str); 19] = [
        ("one", "first"),
        ("two", "second"),
        ("three", "third"),
        ("four", "fourth"),
        ("five", "fifth"),
        ("six", "sixth"),
        ("seven", "seventh"),
        ("eight", "eighth"),
        ("nine", "ninth"),
        ("ten", "tenth"),
        ("eleven", "eleventh"),
        ("twelve", "twelfth"),
        ("thirteen", "thirteenth"),
        ("fourteen", "fourteenth"),
        ("fifteen", "fifteenth"),
        ("sixteen", "sixteenth"),
        ("seventeen", "seventeenth"),
        ("eighteen", "eighteenth"),
        ("nineteen", "nineteenth"),
    ];
    const TENS: [(&str, u64); 8] = [
        ("twent", 20),
        ("thirt", 30),
        ("fort", 40),
        ("fift", 50),
        ("sixt", 60),
        ("sevent", 70),
        ("eight", 80),
        ("ninet", 90),
    ];
    for (value, (cardinal, ordinal)) in (1..).zip(SMALL) {
        if word == cardinal {
            return Some((Term::Small(value), Form::Cardinal));
        }
        if word == ordinal {
            return Some((Term::Small(value), Form::Ordinal));
        }
    }
    for (stem, value) in TENS {
        match word.strip_prefix(stem) {
            Some("y") => return Some((Term::Tens(value), Form::Cardinal)),
            Some("ieth") => return Some((Term::Tens(value), Form::Ordinal)),
            Some("ies") => return Some((Term::Decade(value), Form::Cardinal)),
            _ => {}
        }
    }
    let cardinal = |term| Some((term, Form::Cardinal));
    match word {
        "dozen" => cardinal(Term::Small(12)),
        "hundred" => cardinal(Term::Hundred),
        "hundredth" => Some((Term::Hundred, Form::Ordinal)),
        "thousand" => cardinal(Term::Power(3)),
        "thousandth" => Some((Term::Power(3), Form::Ordinal)),
        "million" | "mln" => cardinal(Term::Power(6)),
        "billion" | "bn" | "bln" => cardinal(Term::Power(9)),
        "trillion" | "trn" | "tn" => cardinal(Term::Power(12)),
        "dozens" | "tens" | "scores" => cardinal(Term::Many(1)),
        "hundreds" => cardinal(Term::Many(2)),
        "thousands" => cardinal(Term::Many(3)),
        "millions" => cardinal(Term::Many(6)),
        "billions" => cardinal(Term::Many(9)),
        "trillions" => cardinal(Term::Many(12)),
        "half" | "halves" => cardinal(Term::Fraction(500_000)),
        "quarter" | "quarters" => cardinal(Term::Fraction(250_000)),
        "thirds" => cardinal(Term::Fraction(333_333)),
        "fifths" => cardinal(Term::Fraction(200_000)),
        _ => None,
    }
}

/// A word, and what is left of it without a conjunction, a preposition and the article; with each
/// whether a conjunction went.
pub(super) fn without_prefixes(word: &str) -> [(&str, bool); 5] {
    let first = word.strip_prefix(['و', 'ف']).unwrap_or(word);
    let second = first.strip_prefix(['ب', 'ل']).unwrap_or(first);
    // "لل" is a preposition with the article; "وال" has the article behind the conjunction.
    let third = second
        .strip_prefix("ال")
        .or_else(|| second.strip_prefix('ل'))
        .unwrap_or(second);
    let article = first.strip_prefix("ال").unwrap_or(first);
    let and = first.len() < word.len();
    [
        (word, false),
        (first, and),
        (article, and),
        (second, and),
        (third, and),
    ]
}

/// Other words that say a number now and then, with what they may say. They explain a number and
/// are never asked for.
pub(super) const MAY_SAY: &[(&str, &[u64])] = &[
    // Arabic
    ("عقد", &[10]),
    ("عقدين", &[2, 20]),
    ("عقدان", &[2, 20]),
    ("عقود", &[10]),
    ("قرن", &[100]),
    ("قرنين", &[2, 200]),
    ("قرون", &[100]),
    ("اسبوعين", &[2, 14]),
    ("اسبوعان", &[2, 14]),
    ("اسبوع", &[7]),
    ("سنويه", &[12]),
    ("يوميا", &[24]),
    ("دزينه", &[12]),
    ("ثنائي", &[2]),
    ("ثلاثي", &[3]),
    ("رباعي", &[4]),
    ("خماسي", &[5]),
    ("سداسي", &[6]),
    ("سباعي", &[7]),
    ("ثماني", &[8]),
    ("ثلاثيه", &[3]),
    ("رباعيه", &[4]),
    ("خماسيه", &[5]),
    ("سداسيه", &[6]),
    ("سباعيه", &[7]),
    ("ثنائيه", &[2]),
    ("توام", &[2]),
    ("ضعف", &[2]),
    ("ضعفين", &[2]),
    ("ضعفي", &[2]),
    ("مليونيه", &[1_000_000]),
    ("مليونير", &[1_000_000]),
    ("الفيه", &[1_000, 2_000]),
    ("مئويه", &[100]),
    // English
    ("decade", &[10]),
    ("decades", &[10]),
    ("century", &[100]),
    ("centuries", &[100]),
    ("fortnight", &[2, 14]),
    ("week", &[7]),
    ("trio", &[3]),
    ("triple", &[3]),
    ("tripled", &[3]),
    ("tripling", &[3]),
    ("treble", &[3]),
    ("trebled", &[3]),
    ("threefold", &[3]),
    ("triples", &[3]),
    ("trilateral", &[3]),
    ("tripartite", &[3]),
    ("triplets", &[3]),
    ("quadruplets", &[4]),
    ("quintuplets", &[5]),
    ("sextuplets", &[6]),
    ("thrice", &[3]),
    ("hattrick", &[3]),
    ("quarterly", &[3]),
    ("quartet", &[4]),
    ("quadruple", &[4]),
    ("quadrupled", &[4]),
    ("fourfold", &[4]),
    ("fortnightly", &[2]),
    ("quintet", &[5]),
    ("fivefold", &[5]),
    ("sixfold", &[6]),
    ("sevenfold", &[7]),
    ("eightfold", &[8]),
    ("tenfold", &[10]),
    ("quadrennial", &[4]),
    ("centenary", &[100]),
    ("centennial", &[100]),
    ("bicentenary", &[200]),
    ("bicentennial", &[200]),
    ("millennium", &[1_000]),
    ("millennia", &[1_000]),
    ("millionaire", &[1_000_000]),
    ("teenage", &[13, 14, 15, 16, 17, 18, 19]),
    ("yearly", &[12]),
    ("midnight", &[12, 0]),
    ("noon", &[12]),
    ("bronze", &[3]),
    ("quarterfinal", &[8]),
    ("quarterfinals", &[8]),
    ("semifinals", &[4]),
];
