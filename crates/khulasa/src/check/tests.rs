use khulasa_tokenizer::Span;

use super::*;

/// Pairs with nothing wrong.
const CLEAN: &[(&str, &str)] = &[
    ("قُتل 5 أشخاص.", "Five people were killed."),
    ("قُتل ٥ أشخاص.", "5 people were killed."),
    ("قُتل ۵ أشخاص.", "5 people were killed."),
    (
        "ارتفع السعر إلى ١٬٢٣٤٫٥ دولار.",
        "The price rose to $1,234.5.",
    ),
    (
        "ارتفع السعر إلى 1.234,5 يورو.",
        "The price rose to 1,234.50 euros.",
    ),
    ("بلغ العدد 1234.", "The number reached 1,234."),
    ("بلغ العدد 1.234.567.", "The number reached 1,234,567."),
    ("بلغ العدد 10 000 نسمة.", "The population reached 10,000."),
    ("بلغت النسبة 3,5 في المئة.", "The rate was 3.5%."),
    ("بلغت النسبة ٪٥.", "The rate was 5 percent."),
    ("بلغت النسبة 38.7%.", "The rate was 38.7%."),
    ("بنسبة 0.50", "By 0.5"),
    ("في 13/03/2020", "On 13/03/2020"),
    ("في 13/03/2020", "On 13 March 2020"),
    ("في ١٣/٣/٢٠٢٠", "On March 13, 2020"),
    (
        "في 13\u{200f}/\u{200f}03\u{200f}/\u{200f}2020",
        "On 13 March 2020",
    ),
    ("في 13-3-2020", "On Mar. 13, 2020"),
    ("في 13.3.2020", "On 13 March 2020"),
    ("في 2020/12/01", "On December 1, 2020"),
    ("في اليوم 13 من الشهر", "On the 13th of the month"),
    ("في اليوم 13 من الشهر", "On the thirteenth of the month"),
    ("منذ القرن 19", "Since the nineteenth century"),
    ("منذ عام 2011", "Since 2011"),
    ("في تسعينيات القرن الماضي", "In the 1990s"),
    ("في الساعة 10:30", "At 10:30"),
    ("في الساعة 15:30", "At 3:30 pm"),
    ("في الساعة 3 مساء", "At 15"),
    ("في الساعة 7:30 مساء", "At 7:30 p.m."),
    ("3 ملايين دولار", "$3 million"),
    ("3 ملايين دولار", "three million dollars"),
    ("3 ملايين دولار", "3,000,000 dollars"),
    ("3000000 دولار", "3 million dollars"),
    ("1.5 مليون نسمة", "1.5 million people"),
    ("1,5 مليون نسمة", "1,500,000 people"),
    ("1500000 نسمة", "1.5 million people"),
    ("2.3 مليار دولار", "$2.3bn"),
    ("55 ألفًا", "55,000"),
    ("55 ألفا", "fifty-five thousand"),
    ("200 ألف صوت", "200,000 votes"),
    ("3 آلاف و500 شخص", "3,500 people"),
    ("مليون و200 ألف شخص", "1.2 million people"),
    ("مليونين و300 ألف شخص", "2.3 million people"),
    ("ألف و500 شخص", "1,500 people"),
    ("بين 3 و4 ملايين", "between 3 million and 4 million"),
    ("بين 3 و4 ملايين", "between 3 and 4 million"),
    ("ما بين 15 و20 عاما", "between 15 and twenty years"),
    ("عند الساعة 08:15 بتوقيت غرينتش", "at 0815 GMT"),
    ("عند الساعة ١٤:٠٠ بتوقيت غرينتش", "at 1400 GMT"),
    ("قالت المرأة الخمسينية", "said the woman in her 50s"),
    ("مباراة انتهت 2-1", "a match that ended 2-1"),
    ("طائرة إف-16", "an F-16 aircraft"),
    ("مرض كوفيد-19", "COVID-19"),
    ("105 قتلى", "one hundred and five dead"),
    ("125 ألفا", "one hundred and twenty-five thousand"),
    ("2019-2020", "from 2019 to 2020"),
    ("100 متر", "a hundred metres"),
    ("80 شخصا و20 آخرون", "eighty people and twenty others"),
    ("قبل يومين", "2 days ago"),
    ("ثلاثة قتلى", "3 dead"),
    ("نحو ثلاثين قتيلا", "About 30 dead"),
    ("مئتا قتيل", "200 dead"),
    ("خمسمئة قتيل", "500 dead"),
    ("مليوني دولار", "$2 million"),
    ("للمرة الرابعة", "for the 4th time"),
    ("نصف السكان", "50% of the population"),
    ("لا أرقام هنا.", "No numbers here."),
    ("زار فرنسا", "He visited the French capital."),
    ("في بغداد", "In Bagdad"),
    ("ومن الإمارات", "And from the UAE"),
    ("وصل باكرا", "He came early"),
    ("لا لا لا", "No, no, no"),
    (
        "مرة ومرة ومرة",
        "once because of a car, once because of a kiosk, once because of a hole",
    ),
    ("هو هو", "He said that he had said that."),
    ("رقمه 0000000", "His number is 0000000"),
];

/// What a flag says: its kind and the texts of its spans.
type Found<'a> = (FlagKind, &'a str, &'a str);

/// Pairs, and what is wrong with them.
fn flawed() -> Vec<(&'static str, &'static str, Vec<Found<'static>>)> {
    let missing = |source| (FlagKind::Number, source, "");
    let added = |target| (FlagKind::Number, "", target);
    let residue = |text| (FlagKind::Residue, "", text);
    let repeated = |text| (FlagKind::Repetition, "", text);
    let empty = (FlagKind::Empty, "", "");
    vec![
        ("نص", "", vec![empty]),
        ("نص 5", " ", vec![empty]),
        ("دمشق", "In دمشق today", vec![residue("دمشق")]),
        ("دمشق", "ﻻ", vec![(FlagKind::Copied, "", "")]),
        ("قُتل 5 أشخاص.", "People were killed.", vec![missing("5")]),
        (
            "قُتل ٥٢ شخصا.",
            "Some 25 people were killed.",
            vec![(FlagKind::Number, "٥٢", "25")],
        ),
        (
            "3 ملايين دولار",
            "$3 billion",
            vec![(FlagKind::Magnitude, "3 ملايين", "3 billion")],
        ),
        (
            "3 ملايين دولار",
            "$3",
            vec![(FlagKind::Magnitude, "3 ملايين", "3")],
        ),
        (
            "3 ملايين دولار",
            "millions of dollars",
            vec![(FlagKind::Number, "3 ملايين", "millions")],
        ),
        (
            "1.5 مليون",
            "5.1 million",
            vec![(FlagKind::Number, "1.5 مليون", "5.1 million")],
        ),
        (
            "في 13/03/2020",
            "On 13 April 2020",
            vec![(FlagKind::Date, "13/03/2020", "April")],
        ),
        (
            "في 13/03/2020",
            "On 13 March",
            vec![(FlagKind::Date, "13/03/2020", "")],
        ),
        (
            "3 آلاف و500 شخص",
            "5,300 people",
            vec![(FlagKind::Number, "3 آلاف و500", "5,300")],
        ),
        ("5 و5 و5", "a few", vec![missing("5")]),
        ("قُتل كثيرون.", "Some 40 were killed.", vec![added("40")]),
        (
            "بلغت النسبة 5 في المئة.",
            "It was 5% of 12.",
            vec![added("12")],
        ),
        ("3 ملايين", "3 million of 7", vec![added("7")]),
        (
            "في الثالثة والنصف عصرا",
            "at 3:15 p.m.",
            vec![(FlagKind::Time, "الثالثة والنصف عصرا", "3:15 p.m")],
        ),
        (
            "خمسة عشر قتيلا",
            "50 dead",
            vec![(FlagKind::Number, "خمسة عشر", "50")],
        ),
        (
            "زادت 5 بالمئة",
            "It rose by 5.",
            vec![(FlagKind::Percent, "5", "")],
        ),
        (
            "مليون ونصف المليون نسمة",
            "1.5 billion people",
            vec![(FlagKind::Magnitude, "مليون ونصف المليون", "1.5 billion")],
        ),
        (
            "في 5 تشرين الثاني",
            "on 5 October",
            vec![(FlagKind::Date, "تشرين الثاني", "October")],
        ),
        (
            "وصل إلى القاهرة أمس",
            "He arrived in Amman yesterday.",
            vec![(FlagKind::Name, "القاهرة", "")],
        ),
        (
            "توفي سنة 1444 هـ",
            "He died in 1444 AD.",
            vec![(FlagKind::Date, "هـ", "AD")],
        ),
        (
            "كلفته مئة يورو",
            "It cost 100 dollars.",
            vec![(FlagKind::Currency, "يورو", "dollars")],
        ),
        (
            "لم يوقع الوفد",
            "The delegation signed.",
            vec![(FlagKind::Negation, "لم", "")],
        ),
        (
            "وقع الوفد",
            "The delegation did not sign.",
            vec![(FlagKind::Negation, "", "not")],
        ),
        (
            "زوروا www.example.org اليوم",
            "Visit the site today.",
            vec![(FlagKind::Verbatim, "www.example.org", "")],
        ),
        (
            "قال «لن نترك أرضنا مهما حدث».",
            "He said we will not leave our land whatever happens.",
            vec![(FlagKind::Quote, "لن نترك أرضنا مهما حدث", "")],
        ),
        (
            "قال شيئا",
            "He said \"something.",
            vec![(FlagKind::Quote, "", "\"")],
        ),
        ("نص", "the of of the", vec![repeated("of of")]),
        ("نص", "the war the war the war", vec![repeated("the war")]),
        ("نص", "very very very bad", vec![repeated("very")]),
        (
            "نص",
            "he said in a statement he said in a statement",
            vec![repeated("he said in a statement")],
        ),
        (
            "نص",
            "in the north of the state, in the north of the city, in the north of the sea",
            vec![repeated("in the north of the")],
        ),
        ("نص", "hahahahahahaha", vec![repeated("hahahahahahaha")]),
    ]
}

#[test]
fn nothing_wrong() {
    for (source, target) in CLEAN {
        assert_eq!(check(source, target), [], "{source} / {target}");
    }
}

#[test]
fn something_wrong() {
    for (source, target, flags) in flawed() {
        let found = check(source, target);
        let at = |text: &'static str, span: &Option<Span>| match span {
            Some(span) => &text[span.clone()],
            None => "",
        };
        let found: Vec<Found<'_>> = found
            .iter()
            .map(|flag| {
                (
                    flag.kind,
                    at(source, &flag.source),
                    at(target, &flag.target),
                )
            })
            .collect();
        assert_eq!(found, flags, "{source} / {target}");
    }
}

#[test]
fn hostile_input_takes_linear_time() {
    let inputs = [
        "1".repeat(200_000),
        "1.".repeat(100_000),
        "5 و".repeat(50_000),
        "a b ".repeat(50_000),
        "one hundred and ".repeat(20_000),
        "1 000".repeat(40_000),
        "a".repeat(200_000),
    ];
    let start = std::time::Instant::now();
    for input in &inputs {
        let _ = check(input, input);
        let _ = check(input, "x");
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
