use super::*;

fn seen(pairs: &[(&str, &str)]) -> Vec<Seen> {
    let seen =
        |(i, (source, target)): (usize, &(&str, &str))| Seen::new((i, 0).into(), source, target);
    pairs.iter().enumerate().map(seen).collect()
}

/// The English of sentences that come at once, with their names made one.
fn spelled(pairs: &[(&str, &str)]) -> Vec<String> {
    let sentences = seen(pairs);
    let mut names = Names::default();
    names.choose(&sentences);
    sentences
        .iter()
        .map(|s| names.spelled(s).unwrap_or_else(|| s.target.clone()))
        .collect()
}

#[test]
fn the_usual_spelling_stays() {
    let english = spelled(&[
        ("قال كريم شيئا", "Said by Kareem."),
        (
            "زار الوزير كريم المدينة",
            "Minister Karim's visit to the town.",
        ),
        ("ورفض كريم الطلب", "Then Karim refused."),
        ("التقى بكريم أمس", "He met Krim yesterday."),
    ]);
    assert_eq!(
        english,
        [
            "Said by Karim.",
            "Minister Karim's visit to the town.",
            "Then Karim refused.",
            "He met Karim yesterday.",
        ]
    );
}

#[test]
fn places_are_spelled_as_they_are_known() {
    let english = spelled(&[
        ("وصل إلى دمشق", "He came to Dimashq."),
        ("في بغداد", "In Bagdad."),
    ]);
    assert_eq!(english, ["He came to Dimashq.", "In Baghdad."]);
}

#[test]
fn what_was_shown_stays() {
    let first = seen(&[("قال كريم شيئا", "Kareem spoke.")]);
    let rest = seen(&[
        ("زار الوزير كريم المدينة", "Minister Karim visited."),
        ("ورفض كريم الطلب", "Then Karim refused."),
    ]);
    let mut names = Names::default();
    names.choose(&first);
    names.show(first);
    names.choose(&rest);
    assert_eq!(names.spelled(&rest[0]).unwrap(), "Minister Kareem visited.");
    assert_eq!(names.spelled(&rest[1]).unwrap(), "Then Kareem refused.");
    let changed = names.changed();
    assert_eq!(changed.len(), 1);
    assert_eq!(
        (changed[0].source.as_str(), changed[0].target.as_str()),
        ("كريم", "Kareem")
    );
    assert_eq!(changed[0].instead_of, ["Karim"]);
    assert_eq!(changed[0].sentences, [(0, 0).into(), (1, 0).into()]);
}

#[test]
fn nicknames_follow_the_majority() {
    let sentences = seen(&[
        ("المعروف باسم \" القيصر \" هنا", "Known as \"Tsar\" here."),
        (
            "عمل \"القيصر\" مجندا",
            "\"The Siegesman,\" was a soldier, said Ali.",
        ),
        ("من هو القيصر؟", "Who is the Count?"),
        ("رحل \"القيصر\" أمس", "Yesterday \"the Tsar\" left."),
    ]);
    let mut names = Names::default();
    names.choose(&sentences);
    assert_eq!(names.spelled(&sentences[0]), None);
    assert_eq!(
        names.spelled(&sentences[1]).unwrap(),
        "\"The Tsar,\" was a soldier, said Ali."
    );
    assert_eq!(names.spelled(&sentences[2]), None);
    assert_eq!(names.expected().collect::<Vec<_>>(), [("القيصر", "Tsar")]);
}

#[test]
fn other_words_are_left() {
    for pairs in [
        // A people and its country.
        &[
            ("الحرب في سوريا", "The Syrian war."),
            ("سوريا اليوم", "Today in Syria."),
        ][..],
        // No name: it is written small elsewhere.
        &[
            ("قال سعيد", "Said Ali."),
            ("رجل سعيد", "He said so."),
            ("سعيد هنا", "Saeed is here."),
        ],
        // China is not transliterated; the senator is.
        &[
            ("زار سين الصين", "Sen. Sean visited China."),
            ("الصين", "Xian."),
        ],
        // Nearer to another word of the sentence.
        &[
            ("حسن وحسين", "Hassan, Hussein."),
            ("حسن هنا", "Hassan is here."),
        ],
        // Derived words.
        &[
            ("قال البرلمان", "Now Parliament spoke."),
            ("البرلمان", "A Parliamentary vote."),
        ],
    ] {
        let english: Vec<&str> = pairs.iter().map(|pair| pair.1).collect();
        assert_eq!(spelled(pairs), english);
    }
}

#[test]
fn names_that_are_missing_are_expected() {
    let mut names = Names::default();
    names.choose(&seen(&[
        ("قال ترامب شيئا", "So Trump spoke."),
        ("وسأل ترامب الناس", "Then Trump asked."),
        ("ضحك وترامب معه", "He laughed with the president."),
        ("قال سامي", "So Sami spoke."),
        ("سأل سامي", "He asked."),
    ]));
    assert_eq!(names.expected().collect::<Vec<_>>(), [("ترامب", "Trump")]);
}

#[test]
fn a_name_that_begins_like_a_conjunction_is_not_taken_apart() {
    let english = [
        ("قال فريد شيئا", "So Fred spoke."),
        ("سأل فريد الناس", "Then Fred asked."),
        ("قال ريد شيئا", "So Reid spoke."),
        ("زار الهندية", "He visited India."),
        ("في الهند", "He spoke Hindi."),
    ];
    let unchanged: Vec<&str> = english.iter().map(|pair| pair.1).collect();
    assert_eq!(spelled(&english), unchanged);
}

#[test]
fn what_sounds_like_a_name_counts_more_than_what_is_in_quotes() {
    let english = spelled(&[
        ("قاد جوني ريد السيارة", "Johnny Reid drove the car."),
        ("قال السيد ريد ذلك", "Then Mr Reid said so."),
        ("السيد \"ريد\" مسرع", "Mr \"Drey\" is fast."),
        ("أوقف السيد \"ريد\"", "They stopped Mr \"Drey\"."),
    ]);
    assert_eq!(english[1], "Then Mr Reid said so.");
    assert_eq!(english[2], "Mr \"Reid\" is fast.");
    assert_eq!(english[3], "They stopped Mr \"Reid\".");
}
