//! The order of work, seen through a translator that needs no model.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use khulasa::{
    Article, Digest, Error, Event, Extractive, FlagKind, Hypothesis, Khulasa, Kind, Limits, Method,
    ModelInfo, Observer, Quality, Result, SentenceId, Summarizer, SummarySentence, Translation,
    Translator,
};

/// "Translates" by telling how many words a text has, and remembers what it was asked.
struct Counting {
    info: ModelInfo,
    /// The longest text that fits, in words.
    fits: usize,
    /// Whether sentences are done from the last to the first.
    backwards: bool,
    calls: Mutex<Vec<Vec<String>>>,
}

impl Counting {
    fn new(fits: usize) -> Self {
        Self {
            info: ModelInfo {
                name: "counting".to_owned(),
                quality: Quality::Unknown,
                licence: None,
            },
            fits,
            backwards: false,
            calls: Mutex::default(),
        }
    }

    fn calls(&self) -> Vec<Vec<String>> {
        self.calls.lock().unwrap().clone()
    }
}

impl Translator for Counting {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn fits(&self, sentence: &str) -> bool {
        sentence.split_whitespace().count() <= self.fits
    }

    fn translate(
        &self,
        sentences: &[&str],
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        self.calls
            .lock()
            .unwrap()
            .push(sentences.iter().map(|s| (*s).to_owned()).collect());
        let hypotheses: Vec<Hypothesis> = sentences.iter().map(|text| hypothesis(text)).collect();
        let mut order: Vec<usize> = (0..sentences.len()).collect();
        if self.backwards {
            order.reverse();
        }
        for i in order {
            let words = sentences[i].split_whitespace().count();
            if observer(Event::Step {
                input_tokens: words,
                output_tokens: 1,
            })
            .is_break()
            {
                return Err(Error::Cancelled);
            }
            done(i, &hypotheses[i]);
        }
        Ok(hypotheses)
    }
}

/// English that differs with the text: its words by their lengths.
fn hypothesis(text: &str) -> Hypothesis {
    let letters = |word: &str| {
        "abcdefghij"
            .chars()
            .cycle()
            .nth(word.chars().count())
            .unwrap()
    };
    let words: Vec<String> = text
        .split_whitespace()
        .enumerate()
        .map(|(i, word)| match word.trim_matches('.').parse::<u32>() {
            Ok(number) => number.to_string(),
            Err(_) => format!("{}{}", letters(word), ["x", "y", "z"][i % 3]),
        })
        .collect();
    Hypothesis {
        text: words.join(" "),
        score: Some(-0.5),
        truncated: text.contains("مقطوع"),
    }
}

const TITLE: &str = "افتتاح ثلاثة مستشفيات في البصرة";

fn article() -> Article {
    let text = format!(
        "{TITLE}\n\n\
         أعلنت وزارة الصحة العراقية أمس افتتاح ثلاثة مستشفيات جديدة في محافظة البصرة. وأضافت أن \
         الكلفة بلغت 40 مليون دولار.\n\n\
         وأوضح الوزير سامر الجنابي أن المستشفيات الجديدة ستخدم سكان المحافظة والمحافظات المجاورة. \
         من سيدفع الرواتب؟\n\n\
         وشكا أطباء في البصرة من نقص الأدوية والأجهزة في المستشفيات القديمة. وطالبت النقابة \
         الوزارة بتوفير 500 سرير.\n\n\
         BBC 2024\n\n\
         وشكا أطباء في البصرة من نقص الأدوية والأجهزة في المستشفيات القديمة.\n"
    );
    Article::from_text("article.txt", text)
}

/// Without repairs, which have tests of their own: every text is asked for once.
fn khulasa(translator: &Arc<Counting>) -> Khulasa {
    Khulasa::builder()
        .translator(translator.clone())
        .repair(false)
        .build()
        .unwrap()
}

fn targets(digest: &Digest) -> Vec<Option<&str>> {
    let sentences = digest
        .translation
        .paragraphs
        .iter()
        .flat_map(|p| &p.sentences);
    sentences.map(|s| s.target.as_deref()).collect()
}

#[test]
fn sentences_stay_in_place() {
    let article = article();
    let digest = khulasa(&Arc::new(Counting::new(100)))
        .digest(&article)
        .unwrap();
    assert_eq!(
        digest.translation.paragraphs.len(),
        article.paragraphs.len()
    );
    for (i, (p, of)) in digest
        .translation
        .paragraphs
        .iter()
        .zip(&article.paragraphs)
        .enumerate()
    {
        assert_eq!((p.kind, &p.span), (of.kind, &of.span));
        assert_eq!(p.source, article.slice(&of.span));
        assert_eq!(p.sentences.len(), of.sentences.len());
        for (j, (s, span)) in p.sentences.iter().zip(&of.sentences).enumerate() {
            assert_eq!(
                s.id,
                SentenceId {
                    paragraph: i,
                    sentence: j
                }
            );
            assert_eq!((&s.span, s.source.as_str()), (span, article.slice(span)));
            if p.kind == Kind::Boilerplate {
                assert_eq!(s.target, None);
            } else if s.source != "BBC 2024" {
                assert_eq!(
                    s.target.as_deref(),
                    Some(hypothesis(&s.source).text.as_str())
                );
                assert_eq!(s.score, Some(-0.5));
            }
        }
    }
    assert_eq!(
        digest.title.as_deref(),
        Some(hypothesis(TITLE).text.as_str())
    );
    assert_eq!(
        (digest.id.as_str(), digest.model.name.as_str()),
        ("article.txt", "counting")
    );
}

#[test]
fn title_and_summary_come_first_and_nothing_twice() {
    let translator = Arc::new(Counting::new(100));
    let article = article();
    let digest = khulasa(&translator).digest(&article).unwrap();
    let calls = translator.calls();
    assert_eq!(calls[0][0], TITLE);
    let summary = digest.summary.unwrap();
    let sources: Vec<&str> = summary
        .sentences
        .iter()
        .map(|s| article.sentence(s.sources[0]))
        .collect();
    for source in &sources {
        assert!(
            calls[0][1..=sources.len()]
                .iter()
                .any(|text| text == source),
            "{source}"
        );
    }
    let all: Vec<&String> = calls.iter().flatten().collect();
    let mut once = all.clone();
    once.sort();
    once.dedup();
    assert_eq!(all.len(), once.len());
    assert!(!all.iter().any(|text| text.contains("BBC")));
}

#[test]
fn a_summary_alone_translates_no_more_than_it_needs() {
    let translator = Arc::new(Counting::new(100));
    let digest = khulasa(&translator).summarize(&article()).unwrap();
    let calls = translator.calls();
    assert_eq!((calls.len(), calls[0].len()), (1, 4));
    assert_eq!(digest.summary.unwrap().sentences.len(), 3);
    assert!(digest.title.is_some());
    assert_eq!(digest.translation, Translation::default());
}

#[test]
fn a_translation_has_no_summary() {
    let digest = khulasa(&Arc::new(Counting::new(100)))
        .translate(&article())
        .unwrap();
    assert_eq!(digest.summary, None);
    assert!(targets(&digest).iter().flatten().count() > 6);
}

#[test]
fn long_sentences_are_translated_in_pieces() {
    let text = "أعلنت الوزارة افتتاح المستشفى في البصرة، وقالت إن الكلفة بلغت 40 مليون دولار، كما \
                وعدت بتعيين أطباء جدد خلال الأشهر المقبلة.";
    let translator = Arc::new(Counting::new(8));
    let digest = khulasa(&translator)
        .translate(&Article::from_text("a", text))
        .unwrap();
    let pieces = translator.calls().concat();
    assert!(pieces.len() > 1, "{pieces:?}");
    assert!(
        pieces.iter().all(|piece| translator.fits(piece)),
        "{pieces:?}"
    );
    assert_eq!(pieces.join(" "), text);
    let targets = targets(&digest);
    assert_eq!(targets.len(), 1);
    let words = |text: &str| text.split_whitespace().count();
    assert_eq!(words(targets[0].unwrap()), words(text));
}

#[test]
fn a_digest_does_not_depend_on_the_order_of_results() {
    let forwards = khulasa(&Arc::new(Counting::new(6)))
        .digest(&article())
        .unwrap();
    let translator = Counting {
        backwards: true,
        ..Counting::new(6)
    };
    let backwards = khulasa(&Arc::new(translator)).digest(&article()).unwrap();
    let untimed = |digest: Digest| Digest {
        timings: None,
        ..digest
    };
    assert_eq!(untimed(forwards), untimed(backwards));
}

#[test]
fn events_tell_the_whole_story() {
    let article = article();
    let mut planned = 0;
    let mut heard = Vec::new();
    let mut at_summary = None;
    let digest = khulasa(&Arc::new(Counting::new(100)))
        .digest_with(&article, &mut |event| {
            match event {
                Event::Planned { sentences } => planned = sentences,
                Event::Translated(sentence) => heard.push(sentence.clone()),
                Event::Summarized(summary) => at_summary = Some((heard.len(), summary.clone())),
                _ => {}
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(planned, heard.len());
    let (before, summary) = at_summary.unwrap();
    assert!(before <= 9, "{before}");
    assert_eq!(Some(summary), digest.summary);
    heard.sort_by_key(|sentence| sentence.id);
    let paragraphs = digest.translation.paragraphs.into_iter();
    let told: Vec<_> = paragraphs
        .flat_map(|p| p.sentences)
        .filter(|s| s.target.is_some())
        .collect();
    assert_eq!(heard, told);
    let timings = digest.timings.unwrap();
    assert!(timings.output_tokens > 0 && timings.input_tokens > timings.output_tokens);
}

#[test]
fn an_observer_cancels_at_any_event() {
    let article = article();
    let mut events = 0usize;
    let count = &mut |_: Event<'_>| {
        events += 1;
        ControlFlow::Continue(())
    };
    khulasa(&Arc::new(Counting::new(100)))
        .digest_with(&article, count)
        .unwrap();
    for stop in 0..events {
        let mut left: usize = stop;
        let result = khulasa(&Arc::new(Counting::new(100))).digest_with(&article, &mut |_| {
            left = match left.checked_sub(1) {
                Some(left) => left,
                None => return ControlFlow::Break(()),
            };
            ControlFlow::Continue(())
        });
        assert!(
            matches!(result, Err(Error::Cancelled)),
            "event {stop} of {events}"
        );
    }
}

#[test]
fn long_articles_come_in_groups_in_order() {
    let paragraph =
        |i: usize| format!("قالت المحطة رقم {i} إن الحرارة بلغت أمس {i} درجة مئوية.\n\n");
    let text: String = (100..500).map(paragraph).collect();
    let translator = Arc::new(Counting::new(100));
    let article = Article::from_text("a", text);
    let digest = khulasa(&translator).digest(&article).unwrap();
    let calls = translator.calls();
    assert!(calls.len() > 3 && calls.iter().all(|call| call.len() <= 64));
    let rest: Vec<&String> = calls[1..].iter().flatten().collect();
    assert!(rest.is_sorted_by_key(|text| article.text.find(text.as_str())));
    assert_eq!(
        digest
            .translation
            .paragraphs
            .iter()
            .flat_map(|p| &p.sentences)
            .count(),
        400
    );
    assert!(targets(&digest).iter().all(Option::is_some));
}

#[test]
fn what_is_not_arabic_is_kept() {
    let text = "وصل الوفد إلى العاصمة أمس وبدأ محادثاته مع الحكومة.\n\nBBC World Service, 2024\n\nΑθήνα και Θεσσαλονίκη\n\n١٢٫٥\n";
    let translator = Arc::new(Counting::new(100));
    let article = Article::from_text("a", text);
    let digest = khulasa(&translator).translate(&article).unwrap();
    let find = |source: &str| {
        let mut all = digest
            .translation
            .paragraphs
            .iter()
            .flat_map(|p| &p.sentences);
        all.find(|s| s.source == source).map(|s| {
            (
                s.target.as_deref(),
                s.flags.iter().map(|flag| flag.kind).collect::<Vec<_>>(),
            )
        })
    };
    for (source, target, flags) in [
        ("BBC World Service, 2024", "BBC World Service, 2024", vec![]),
        (
            "Αθήνα και Θεσσαλονίκη",
            "Αθήνα και Θεσσαλονίκη",
            vec![FlagKind::NotTranslated],
        ),
        ("١٢٫٥", "12.5", vec![]),
    ] {
        match find(source) {
            Some((None, _)) => {} // taken for boilerplate
            found => assert_eq!(found, Some((Some(target), flags)), "{source}"),
        }
    }
    assert!(
        translator
            .calls()
            .concat()
            .iter()
            .all(|text| text.contains("الوفد"))
    );
}

#[test]
fn sentences_are_checked() {
    let text = "بلغت الكلفة أربعين مليون دولار وهذا النص مقطوع.\n\nقالت الوزارة إنها تحتاج إلى ٥٠٠سرير جديد.";
    let digest = khulasa(&Arc::new(Counting::new(100)))
        .translate(&Article::from_text("a", text))
        .unwrap();
    let sentences = digest
        .translation
        .paragraphs
        .iter()
        .flat_map(|p| &p.sentences);
    let flags: Vec<(FlagKind, Option<&str>)> = sentences
        .flat_map(|s| s.flags.iter().map(move |flag| (s, flag)))
        .map(|(s, flag)| (flag.kind, flag.source.clone().map(|span| &s.source[span])))
        .collect();
    assert_eq!(
        flags,
        [
            (FlagKind::Truncated, None),
            (FlagKind::Number, Some("أربعين مليون")),
            (FlagKind::Currency, Some("دولار")),
            (FlagKind::Number, Some("٥٠٠"))
        ]
    );
}

#[test]
fn summaries_keep_their_limits() {
    let translator = Arc::new(Counting::new(100));
    for (limits, sentences) in [
        (
            Limits {
                sentences: 1,
                words: None,
            },
            1,
        ),
        (
            Limits {
                sentences: 2,
                words: None,
            },
            2,
        ),
        (
            Limits {
                sentences: 100,
                words: None,
            },
            5,
        ),
        (
            Limits {
                sentences: 0,
                words: None,
            },
            1,
        ),
        (
            Limits {
                sentences: 3,
                words: Some(0),
            },
            0,
        ),
        (
            Limits {
                sentences: 3,
                words: Some(25),
            },
            2,
        ),
        (
            Limits {
                sentences: 3,
                words: Some(1000),
            },
            3,
        ),
    ] {
        let khulasa = Khulasa::builder()
            .translator(translator.clone())
            .limits(limits)
            .build()
            .unwrap();
        let summary = khulasa.summarize(&article()).unwrap().summary.unwrap();
        assert_eq!(summary.sentences.len(), sentences, "{limits:?}");
        let words: usize = summary
            .sentences
            .iter()
            .map(|s| s.text.split_whitespace().count())
            .sum();
        assert!(
            sentences == 1 || words <= limits.words.unwrap_or(usize::MAX),
            "{limits:?}"
        );
        assert!(summary.sentences.is_sorted_by_key(|s| s.sources[0]));
    }
}

#[test]
fn an_article_without_prose_has_a_summary_nonetheless() {
    let khulasa = khulasa(&Arc::new(Counting::new(100)));
    let title = khulasa.digest(&Article::from_text("a", TITLE)).unwrap();
    assert_eq!(title.summary.unwrap().sentences.len(), 1);
    let empty = khulasa.digest(&Article::from_text("a", "")).unwrap();
    assert_eq!(empty.summary.unwrap().sentences, []);
    assert_eq!(empty.title, None);
}

/// A summariser that says only at the end what it needs.
struct Last;

impl Summarizer for Last {
    fn method(&self) -> Method {
        Method::Abstractive
    }

    fn sources(&self, _: &Article, _: &Limits) -> Vec<SentenceId> {
        Vec::new()
    }

    fn summarize(
        &self,
        _: &Article,
        translation: &Translation,
        _: &Limits,
        _: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>> {
        let mut sentences = translation.paragraphs.iter().flat_map(|p| &p.sentences);
        let last = sentences.rfind(|s| s.target.is_some()).unwrap();
        Ok(vec![SummarySentence {
            text: last.target.clone().unwrap(),
            sources: vec![last.id],
            flags: Vec::new(),
        }])
    }
}

#[test]
fn a_summariser_that_names_no_sources_gets_everything() {
    let translator = Arc::new(Counting::new(100));
    let khulasa = Khulasa::builder()
        .translator(translator.clone())
        .summarizer(Arc::new(Last))
        .build()
        .unwrap();
    let digest = khulasa.summarize(&article()).unwrap();
    let summary = digest.summary.unwrap();
    assert_eq!(summary.method, Method::Abstractive);
    let last = article().paragraphs.len() - 1;
    assert_eq!(
        summary.sentences[0].sources,
        [SentenceId {
            paragraph: last,
            sentence: 0
        }]
    );
    assert!(translator.calls().concat().len() >= 6);
}

/// A translator that loses a sentence.
struct Losing(Counting);

impl Translator for Losing {
    fn info(&self) -> &ModelInfo {
        self.0.info()
    }

    fn fits(&self, _: &str) -> bool {
        true
    }

    fn translate(
        &self,
        sentences: &[&str],
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        done(1_000_000, &hypothesis("نص"));
        self.0.translate(&sentences[1..], observer, done)
    }
}

#[test]
fn a_translator_that_loses_sentences_is_found_out() {
    let translator = Arc::new(Losing(Counting::new(100)));
    let khulasa = Khulasa::builder().translator(translator).build().unwrap();
    let error = khulasa.translate(&article()).unwrap_err();
    assert!(
        matches!(error, Error::Translator { given, returned } if given == returned + 1),
        "{error}"
    );
}

#[test]
fn choices_that_do_not_go_together() {
    let builder = Khulasa::builder().translator(Arc::new(Counting::new(1)));
    let error = builder
        .summary_method(Method::Abstractive)
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("counting cannot write summaries"),
        "{error}"
    );
    let builder = Khulasa::builder().translator(Arc::new(Counting::new(1)));
    let builder = builder
        .summary_method(Method::Abstractive)
        .summarizer(Arc::new(Extractive));
    assert!(builder.build().is_ok());
}

#[test]
fn an_article_without_a_title_gets_a_headline() {
    let text = "أعلنت وزارة الصحة العراقية أمس افتتاح ثلاثة مستشفيات جديدة في محافظة البصرة بكلفة \
                عالية بعد سنوات من الانتظار الطويل في كل مكان. وأضافت أن الكلفة بلغت 40 مليون دولار.";
    let article = Article::from_text("a", text);
    assert!(article.title().is_none());
    let translator = Arc::new(Counting::new(100));
    let mut told = Vec::new();
    let digest = khulasa(&translator)
        .digest_with(&article, &mut |event| {
            match event {
                Event::Headline(made) => told.push(made.map(str::to_owned)),
                Event::Summarized(_) => told.push(Some("summary".to_owned())),
                _ => {}
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let whole = hypothesis(text.split_inclusive(". ").next().unwrap()).text;
    let first: Vec<&str> = whole.split_whitespace().take(20).collect();
    assert_eq!(digest.title, Some(format!("{}…", first.join(" "))));
    assert!(digest.title_made);
    assert_eq!(told, [digest.title.clone(), Some("summary".to_owned())]);
    for scope in [Khulasa::translate, Khulasa::summarize] {
        let alone = scope(&khulasa(&translator), &article).unwrap();
        assert_eq!(
            (alone.title, alone.title_made),
            (digest.title.clone(), true)
        );
    }
    let titled = khulasa(&translator).digest(&self::article()).unwrap();
    assert!(!titled.title_made);
}
