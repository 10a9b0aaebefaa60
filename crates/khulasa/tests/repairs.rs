//! Repairs and glossaries, seen through translators that err on purpose.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use khulasa::{
    Article, Attempt, Digest, Enforced, Event, Flag, FlagKind, Glossary, Hypothesis, Khulasa,
    ModelInfo, Observer, Quality, Repairs, Result, Translator,
};

type Say = dyn Fn(&str, Option<Attempt>) -> String + Send + Sync;

/// Says what it is told to, and remembers what it was asked to say again.
struct Erring {
    info: ModelInfo,
    say: Box<Say>,
    again: Mutex<Vec<(Attempt, String)>>,
}

impl Erring {
    /// `say` has no attempt the first time.
    fn new(say: impl Fn(&str, Option<Attempt>) -> String + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            info: ModelInfo {
                name: "erring".to_owned(),
                quality: Quality::Unknown,
                licence: None,
            },
            say: Box::new(say),
            again: Mutex::default(),
        })
    }

    fn hypothesis(&self, text: &str, attempt: Option<Attempt>) -> Hypothesis {
        Hypothesis {
            text: (self.say)(text, attempt),
            score: Some(-0.5),
            truncated: false,
        }
    }

    /// What it says again, parted by bars, each less likely than the one before.
    fn hypotheses(&self, text: &str, attempt: Attempt) -> Vec<Hypothesis> {
        let said = self.hypothesis(text, Some(attempt)).text;
        let one = |(i, text): (usize, &str)| Hypothesis {
            text: text.to_owned(),
            score: Some(-0.5 - 0.08 * i as f32),
            truncated: false,
        };
        said.split('|').enumerate().map(one).collect()
    }

    fn again(&self) -> Vec<(Attempt, String)> {
        self.again.lock().unwrap().clone()
    }
}

impl Translator for Erring {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn fits(&self, sentence: &str) -> bool {
        sentence.len() < 1000
    }

    fn translate(
        &self,
        sentences: &[&str],
        _observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        let all = sentences.iter().map(|text| self.hypothesis(text, None));
        let all: Vec<Hypothesis> = all.collect();
        for (i, hypothesis) in all.iter().enumerate() {
            done(i, hypothesis);
        }
        Ok(all)
    }

    fn translate_again(
        &self,
        sentences: &[&str],
        attempt: Attempt,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let mut again = self.again.lock().unwrap();
        again.extend(sentences.iter().map(|text| (attempt, (*text).to_owned())));
        let _ = observer(Event::Step {
            input_tokens: 10,
            output_tokens: 5,
        });
        Ok(sentences
            .iter()
            .map(|text| self.hypotheses(text, attempt))
            .collect())
    }
}

fn translate(translator: &Arc<Erring>, glossary: &str, text: &str) -> Digest {
    let khulasa = Khulasa::builder()
        .translator(translator.clone())
        .glossary(Glossary::parse(glossary, "terms.tsv").unwrap())
        .build()
        .unwrap();
    khulasa.translate(&Article::from_text("a", text)).unwrap()
}

/// The English and the flags of the digest's sentences.
fn sentences(digest: &Digest) -> Vec<(&str, &[Flag])> {
    let sentences = digest.translation.paragraphs.iter();
    sentences
        .flat_map(|p| &p.sentences)
        .map(|s| (s.target.as_deref().unwrap_or_default(), &*s.flags))
        .collect()
}

const COST: &str = "بلغت كلفة المشروع 3512 دولارا في العام الماضي.";

#[test]
fn what_is_right_is_left() {
    let translator = Erring::new(|_, _| "The project cost $3,512 last year.".to_owned());
    let digest = translate(&translator, "", COST);
    assert_eq!(
        sentences(&digest),
        [("The project cost $3,512 last year.", &[][..])]
    );
    assert_eq!(translator.again(), []);
    assert_eq!(digest.repairs, None);
}

#[test]
fn a_wider_beam_helps() {
    let translator = Erring::new(|_, attempt| match attempt {
        Some(Attempt::Wide) => "The project cost $3,512 last year.".to_owned(),
        _ => "The project cost $3,521 last year.".to_owned(),
    });
    let digest = translate(&translator, "", COST);
    assert_eq!(
        sentences(&digest),
        [("The project cost $3,512 last year.", &[][..])]
    );
    let repairs = digest.repairs.unwrap();
    assert_eq!((repairs.tried, repairs.repaired), (1, 1));
    let calls = 1;
    assert_eq!(
        (repairs.input_tokens, repairs.output_tokens),
        (10 * calls, 5 * calls)
    );
    // What changes more was not tried.
    assert!(
        !translator
            .again()
            .iter()
            .any(|(attempt, _)| *attempt == Attempt::Greedy)
    );
}

#[test]
fn another_hypothesis_helps_if_it_is_likely() {
    let right = "The project cost $3,512 last year.";
    let first = "The project cost $3,521 last year.";
    for (offered, taken) in [
        (format!("{first}|{right}"), right),
        (format!("{first}|{first}|{right}"), first),
    ] {
        let translator = Erring::new(move |_, attempt| match attempt {
            Some(Attempt::Wide) => offered.clone(),
            _ => first.to_owned(),
        });
        let digest = translate(&translator, "", COST);
        assert_eq!(sentences(&digest)[0].0, taken);
    }
}

#[test]
fn figures_come_back_from_behind_placeholders() {
    let translator = Erring::new(|text, _| match text.contains("101") {
        true => "The project cost $101 last year.".to_owned(),
        false => "The project cost a lot last year.".to_owned(),
    });
    let digest = translate(&translator, "", COST);
    assert_eq!(
        sentences(&digest),
        [("The project cost $3512 last year.", &[][..])]
    );
}

#[test]
fn loops_are_broken_by_clauses() {
    let looping = "سقط المطر على المدن، وفاضت الأنهار على القرى البعيدة.";
    let looped = "It rained and rained and rained and rained and rained and rained.";
    let translator = Erring::new(move |text, _| match text {
        text if text == looping => looped.to_owned(),
        text if text.contains("وفاضت") => "rivers flooded villages.".to_owned(),
        _ => "Rain fell on towns,".to_owned(),
    });
    let digest = translate(&translator, "", looping);
    assert_eq!(
        sentences(&digest),
        [("Rain fell on towns, rivers flooded villages.", &[][..])]
    );
}

#[test]
fn what_cannot_be_repaired_stays_as_it_was_and_marked() {
    let translator = Erring::new(|text, attempt| match attempt {
        None => "The project cost a lot.".to_owned(),
        Some(_) => format!("Nobody knows {}.", text.len()),
    });
    let digest = translate(&translator, "", COST);
    let [(target, flags)] = sentences(&digest)[..] else {
        panic!();
    };
    assert_eq!(target, "The project cost a lot.");
    assert!(flags.iter().any(|flag| flag.kind == FlagKind::Number));
    let Some(Repairs {
        tried: 1,
        repaired: 0,
        ..
    }) = digest.repairs
    else {
        panic!("{:?}", digest.repairs);
    };
    let all = translator.again();
    let mut once = all.clone();
    once.sort();
    once.dedup();
    assert_eq!(all.len(), once.len());
}

#[test]
fn repairs_can_be_left_out() {
    let translator = Erring::new(|_, _| "It cost a lot, said the Tsar.".to_owned());
    let khulasa = Khulasa::builder()
        .translator(translator.clone())
        .glossary(Glossary::parse("المشروع\tproject", "terms.tsv").unwrap())
        .repair(false)
        .build()
        .unwrap();
    let digest = khulasa.translate(&Article::from_text("a", COST)).unwrap();
    assert_eq!(translator.again(), []);
    let flags = sentences(&digest)[0].1;
    assert!(flags.iter().any(|flag| flag.kind == FlagKind::Number));
    assert_eq!(
        digest.terms[0].sentences,
        [((0, 0).into(), Enforced::Missed)]
    );
    assert!(digest.misses_term());
}

const CAESAR: &str = "قال القيصر إن الصور صحيحة.\n\nسلم الضابط الصور للقيصر في العاصمة.\n\n\
                      رحل القيصر عن البلاد.\n";

#[test]
fn terms_are_enforced_where_they_are_missed() {
    let translator = Erring::new(|text, _| {
        let name = if text.contains("Caesar") {
            "Caesar"
        } else {
            "the Tsar"
        };
        match text {
            text if text.contains("قال") => format!("{name} said the pictures were right."),
            // It has the term already, in small letters.
            text if text.contains("سلم") => "The officer gave caesar the pictures.".to_owned(),
            _ => "He left the country.".to_owned(),
        }
    });
    let digest = translate(&translator, "القيصر\tCaesar\nخوذة\thelmet\n", CAESAR);
    let targets: Vec<&str> = sentences(&digest).into_iter().map(|s| s.0).collect();
    assert_eq!(
        targets,
        [
            "Caesar said the pictures were right.",
            "The officer gave Caesar the pictures.",
            "He left the country.",
        ]
    );
    assert_eq!(digest.terms.len(), 1);
    let term = &digest.terms[0];
    assert_eq!(
        (term.source.as_str(), term.target.as_str()),
        ("القيصر", "Caesar")
    );
    assert_eq!(
        term.sentences,
        [
            ((0, 0).into(), Enforced::Repaired),
            ((1, 0).into(), Enforced::Already),
            ((2, 0).into(), Enforced::Missed),
        ]
    );
    assert!(digest.misses_term());
    assert!(
        translator
            .again()
            .iter()
            .any(|(_, text)| text == "قال Caesar إن الصور صحيحة.")
    );
}

#[test]
fn words_are_kept_as_they_are() {
    let translator = Erring::new(|text, _| match text.contains("Q1") {
        true => "He put the code on Q1 yesterday.".to_owned(),
        false => "He put the code on Getup yesterday.".to_owned(),
    });
    let digest = translate(
        &translator,
        "GitHub\n",
        "وضع المبرمج الشيفرة على GitHub أمس.",
    );
    assert_eq!(
        sentences(&digest)[0].0,
        "He put the code on GitHub yesterday."
    );
    assert_eq!(
        digest.terms[0].sentences,
        [((0, 0).into(), Enforced::Repaired)]
    );
    assert!(!digest.misses_term());
}

#[test]
fn names_are_spelled_one_way_and_put_back_where_they_are_lost() {
    let text = "وصل كريم إلى المدينة أمس.\n\nقال كريم إن الوضع صعب.\n\nغادر كريم المدينة.\n\n\
                رفض كريم الطلب.\n";
    let translator = Erring::new(|text, _| {
        let name = if text.contains("Karim") {
            "Karim"
        } else {
            "He"
        };
        match text {
            text if text.contains("وصل") => "Then Karim came to town yesterday.".to_owned(),
            text if text.contains("قال") => "Then Kareem said it was hard.".to_owned(),
            text if text.contains("غادر") => "Then Karim left town.".to_owned(),
            _ => format!("{name} refused."),
        }
    });
    let digest = translate(&translator, "", text);
    let targets: Vec<&str> = sentences(&digest).into_iter().map(|s| s.0).collect();
    assert_eq!(
        targets,
        [
            "Then Karim came to town yesterday.",
            "Then Karim said it was hard.",
            "Then Karim left town.",
            "Karim refused.",
        ]
    );
    let [name] = &digest.names[..] else {
        panic!("{:?}", digest.names);
    };
    assert_eq!(
        (name.source.as_str(), name.target.as_str()),
        ("كريم", "Karim")
    );
    assert_eq!(name.instead_of, ["Kareem"]);
    assert_eq!(name.sentences, [(1, 0).into(), (3, 0).into()]);
    // A glossary overrides it.
    let digest = translate(&translator, "كريم\tKareem\n", text);
    assert_eq!(digest.names, []);
    assert_eq!(sentences(&digest)[1].0, "Then Kareem said it was hard.");
}

/// A translator that knows nothing of other ways.
struct Plain(ModelInfo);

impl Translator for Plain {
    fn info(&self) -> &ModelInfo {
        &self.0
    }

    fn fits(&self, _: &str) -> bool {
        true
    }

    fn translate(
        &self,
        sentences: &[&str],
        _: &mut Observer<'_>,
        _: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        let say = |text: &&str| Hypothesis {
            text: match text.contains("Caesar") {
                true => "Caesar said so.".to_owned(),
                false => "The Tsar said so.".to_owned(),
            },
            score: None,
            truncated: false,
        };
        Ok(sentences.iter().map(say).collect())
    }
}

#[test]
fn a_translator_needs_no_other_ways() {
    let info = ModelInfo {
        name: "plain".to_owned(),
        quality: Quality::Unknown,
        licence: None,
    };
    let khulasa = Khulasa::builder()
        .translator(Arc::new(Plain(info)))
        .glossary(Glossary::parse("القيصر\tCaesar", "terms.tsv").unwrap())
        .build()
        .unwrap();
    let digest = khulasa
        .translate(&Article::from_text("a", "قال القيصر ذلك أمس."))
        .unwrap();
    assert_eq!(sentences(&digest)[0].0, "Caesar said so.");
}
