//! What the two methods of summarising choose, on invented articles.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use khulasa::{
    Abstractive, Article, Error, Event, Extractive, FlagKind, Hypothesis, Limits, Observer, Result,
    SentenceId, Summarizer, SummarySentence, TranslatedParagraph, TranslatedSentence, Translation,
    Writer,
};

const LIMITS: Limits = Limits {
    sentences: 3,
    words: None,
};

/// The texts that a summariser names, best first.
fn sources<'a>(summarizer: &dyn Summarizer, article: &'a Article, limits: &Limits) -> Vec<&'a str> {
    summarizer
        .sources(article, limits)
        .into_iter()
        .map(|id| article.sentence(id))
        .collect()
}

/// An article's translation, sentence by sentence; all sentences have one.
fn translation(article: &Article, english: &[&str]) -> Translation {
    let mut english = english.iter().copied().cycle();
    let paragraphs =
        article
            .paragraphs
            .iter()
            .enumerate()
            .map(|(paragraph, p)| TranslatedParagraph {
                kind: p.kind,
                source: article.slice(&p.span).to_owned(),
                span: p.span.clone(),
                sentences: (0..p.sentences.len())
                    .map(|sentence| TranslatedSentence {
                        id: SentenceId {
                            paragraph,
                            sentence,
                        },
                        source: article.slice(&p.sentences[sentence]).to_owned(),
                        span: p.sentences[sentence].clone(),
                        target: english.next().map(str::to_owned),
                        score: None,
                        flags: Vec::new(),
                    })
                    .collect(),
            });
    Translation {
        paragraphs: paragraphs.collect(),
    }
}

const STRIKE: &str = "\
إضراب عمال السكك الحديدية يشلّ الموانئ المغربية

شلّ إضراب عمال السكك الحديدية حركة الشحن في الموانئ المغربية أمس، بعد فشل المفاوضات بشأن الأجور.

وقال عبد الحق الراشدي، وهو سائق قطار: «لن نعود إلى العمل قبل زيادة الأجور».

هل تتراجع الحكومة؟ وأضاف أن زملاءه صبروا كثيرا.

وتوقفت 40 قاطرة شحن في ميناء الدار البيضاء وحده، فيما تراكمت الحاويات على أرصفة الموانئ بسبب إضراب عمال السكك الحديدية.

ويبيع محل صغير قرب المحطة القهوة والشاي للمسافرين منذ ثلاثين عاما.

ودعت وزارة النقل عمال السكك الحديدية إلى استئناف المفاوضات بشأن الأجور وإنهاء الإضراب في الموانئ.
";

#[test]
fn central_sentences_are_chosen() {
    let article = Article::from_text("strike", STRIKE);
    let chosen = sources(&Extractive, &article, &LIMITS);
    for (chosen, opening) in chosen.iter().zip(["شلّ إضراب", "ودعت وزارة", "وتوقفت 40"])
    {
        assert!(chosen.starts_with(opening), "{chosen}");
    }
    let all = sources(
        &Extractive,
        &article,
        &Limits {
            sentences: 100,
            words: None,
        },
    );
    assert!(!all.iter().any(|text| text.contains('؟')));
    assert!(
        all[3..].iter().any(|text| text.starts_with("وأضاف")),
        "{all:?}"
    );
}

#[test]
fn one_of_several_that_say_the_same() {
    let text = "أعلنت الشركة التونسية للكهرباء قطع التيار عن ثلاث ولايات غدا الأحد.\n\n\
                وأعلنت الشركة التونسية للكهرباء قطع التيار عن ثلاث ولايات غدا الأحد.\n\n\
                وسيستمر قطع التيار ست ساعات بسبب أعمال الصيانة في محطة رادس.\n";
    let article = Article::from_text("a", text);
    let chosen = sources(&Extractive, &article, &LIMITS);
    assert_eq!(chosen.len(), 2, "{chosen:?}");
    assert!(chosen[1].starts_with("وسيستمر"), "{chosen:?}");
}

#[test]
fn a_caption_is_no_summary() {
    let text = "حريق يلتهم سوقا قديمة في حلب\n\nجانب من السوق بعد الحريق\n\n\
                التهم حريق كبير فجر الاثنين عشرات المتاجر في سوق قديمة وسط مدينة حلب شمالي سوريا.\n\n\
                وقالت فرق الإطفاء إنها سيطرت على الحريق بعد خمس ساعات من اندلاعه.\n";
    let article = Article::from_text("a", text);
    let chosen = sources(
        &Extractive,
        &article,
        &Limits {
            sentences: 1,
            words: None,
        },
    );
    assert!(chosen[0].starts_with("التهم حريق"), "{chosen:?}");
}

#[test]
fn a_long_article_takes_no_long_time() {
    let sentence = |i: usize| {
        format!(
            "قالت المحطة {i} إن الحرارة بلغت {} درجات في المدينة {} أمس.\n\n",
            i % 50,
            i * 7919 % 997
        )
    };
    let text: String = (0..10_000).map(sentence).collect();
    let article = Article::from_text("a", text);
    let start = Instant::now();
    assert_eq!(Extractive.sources(&article, &LIMITS).len(), 3);
    let everything = Limits {
        sentences: usize::MAX,
        words: None,
    };
    assert!(Extractive.sources(&article, &everything).len() <= 500);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn summaries_are_in_the_order_of_the_article() {
    let article = Article::from_text("strike", STRIKE);
    let translation = translation(&article, &["The strike goes on in 3 ports."]);
    let made = Extractive
        .summarize(&article, &translation, &LIMITS, &mut go_on)
        .unwrap();
    assert!(made.is_sorted_by_key(|s| s.sources[0]));
    let mut ids: Vec<_> = made.iter().map(|s| s.sources[0]).collect();
    let mut best = Extractive.sources(&article, &LIMITS);
    ids.sort();
    best.sort();
    assert_eq!(ids, best);
}

fn go_on(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A writer that writes what it was told to, and remembers what it read.
struct Fixed {
    text: &'static str,
    truncated: bool,
    read: Mutex<String>,
}

impl Fixed {
    fn new(text: &'static str, truncated: bool) -> Arc<Self> {
        Arc::new(Self {
            text,
            truncated,
            read: Mutex::default(),
        })
    }
}

impl Writer for Fixed {
    fn write_summary(&self, text: &str, observer: &mut Observer<'_>) -> Result<Hypothesis> {
        text.clone_into(&mut self.read.lock().unwrap());
        if observer(Event::Step {
            input_tokens: 1,
            output_tokens: 1,
        })
        .is_break()
        {
            return Err(Error::Cancelled);
        }
        Ok(Hypothesis {
            text: self.text.to_owned(),
            score: None,
            truncated: self.truncated,
        })
    }
}

/// The translation of [`STRIKE`], the title first.
const ENGLISH: [&str; 8] = [
    "Rail workers' strike paralyses Moroccan ports",
    "A strike by rail workers paralysed cargo at Moroccan ports after wage talks failed.",
    "Train driver Abdelhak al-Rashdi said: \"We will not return before a raise.\"",
    "Will the government back down?",
    "He added that his colleagues had long been patient.",
    "Forty locomotives stood still in Casablanca alone, and containers piled up.",
    "A small shop near the station has sold coffee and tea for thirty years.",
    "The transport ministry called on the workers to resume talks and end the strike.",
];

fn written(writer: &Arc<Fixed>, limits: &Limits) -> Result<Vec<SummarySentence>> {
    let article = Article::from_text("strike", STRIKE);
    let translation = translation(&article, &ENGLISH);
    Abstractive::new(writer.clone()).summarize(&article, &translation, limits, &mut go_on)
}

#[test]
fn written_sentences_cite_their_sources() {
    let writer = Fixed::new(
        "Moroccan ports were paralysed by a strike of rail workers. In Casablanca 40 locomotives \
         stood still and 77 containers piled up. Bananas are yellow.",
        false,
    );
    let made = written(&writer, &LIMITS).unwrap();
    assert_eq!(*writer.read.lock().unwrap(), ENGLISH[1..].join(" "));
    let article = Article::from_text("strike", STRIKE);
    let firsts: Vec<Option<&str>> = made
        .iter()
        .map(|s| s.sources.first().map(|&id| article.sentence(id)))
        .collect();
    assert!(firsts[0].unwrap().starts_with("شلّ إضراب"), "{firsts:?}");
    assert!(firsts[1].unwrap().starts_with("وتوقفت 40"), "{firsts:?}");
    assert_eq!(made[0].flags, []);
    // 77 and bananas come from nowhere.
    assert_eq!(made[1].text, ENGLISH[5]);
    assert_eq!(made[2].text, ENGLISH[7]);
    for sentence in &made[1..] {
        let kinds: Vec<FlagKind> = sentence.flags.iter().map(|flag| flag.kind).collect();
        assert_eq!(kinds, [FlagKind::Unsupported]);
    }
}

#[test]
fn what_a_writer_invents_is_replaced_or_dropped() {
    for (text, expected) in [
        (
            "A strike by rail workers paralysed cargo at ports of Tunisia.",
            ENGLISH[1],
        ),
        ("Containers piled up in Rabat in 2031.", ENGLISH[5]),
        (
            "Forty locomotives stood still in Casablanca.",
            "Forty locomotives stood still in Casablanca.",
        ),
        // The Arabic has the driver's name.
        (
            "Driver Abdul Haqq said: We will not return before a raise.",
            "Driver Abdul Haqq said: We will not return before a raise.",
        ),
    ] {
        let limits = Limits {
            sentences: 1,
            words: None,
        };
        let made = written(&Fixed::new(text, false), &limits).unwrap();
        assert_eq!(made[0].text, expected);
        assert_eq!(
            made[0].flags.is_empty(),
            text == expected,
            "{:?}",
            made[0].flags
        );
    }
    let everything = concat!(
        "Bananas rot. Bananas rot. Bananas rot. Bananas rot. Bananas rot. Bananas rot. ",
        "Bananas rot. Bananas rot. Bananas rot. Bananas rot. Bananas rot. Bananas rot."
    );
    let limits = Limits {
        sentences: 20,
        words: None,
    };
    let made = written(&Fixed::new(everything, false), &limits).unwrap();
    assert!(made.len() < ENGLISH.len(), "{made:?}");
}

#[test]
fn written_summaries_keep_their_limits() {
    let text = "Rail workers paralysed cargo. Wage talks failed. Forty locomotives stood. Containers piled";
    let limits = |sentences, words| Limits { sentences, words };
    for (truncated, limits, expected) in [
        (false, limits(9, None), 4),
        (true, limits(9, None), 3),
        (false, limits(2, None), 2),
        (false, limits(9, Some(9)), 2),
        (false, limits(9, Some(7)), 2),
        (false, limits(9, Some(6)), 1),
        (false, limits(9, Some(1)), 1),
        (false, limits(0, Some(4)), 1),
        (false, limits(0, Some(0)), 0),
    ] {
        let made = written(&Fixed::new(text, truncated), &limits).unwrap();
        assert_eq!(made.len(), expected, "{limits:?}");
        let words = made.iter().flat_map(|s| s.text.split_whitespace()).count();
        assert!(words <= limits.words.unwrap_or(words), "{made:?}");
    }
    let first = written(&Fixed::new(text, false), &limits(3, Some(2))).unwrap();
    assert_eq!(first[0].text, "Rail workers…");
    let cut = written(&Fixed::new("Rail workers paralysed", true), &LIMITS).unwrap();
    let cut = cut[0].flags.iter().map(|flag| flag.kind);
    assert_eq!(cut.filter(|kind| *kind == FlagKind::Truncated).count(), 1);
    assert_eq!(written(&Fixed::new("", false), &LIMITS).unwrap(), []);
}

#[test]
fn only_the_beginning_of_a_long_article_is_read() {
    let text = STRIKE.repeat(20);
    let article = Article::from_text("long", text);
    let summarizer = Abstractive::new(Fixed::new("x", false));
    let chosen = sources(&summarizer, &article, &LIMITS);
    let words: usize = chosen
        .iter()
        .map(|text| text.split_whitespace().count())
        .sum();
    assert!((200..=250).contains(&words), "{words}");
    let endless = Article::from_text("endless", "كلمة ".repeat(1000));
    assert!(summarizer.sources(&endless, &LIMITS).len() <= 1);
    let nothing = summarizer.summarize(
        &Article::from_text("a", ""),
        &Translation::default(),
        &LIMITS,
        &mut go_on,
    );
    assert_eq!(nothing.unwrap(), []);
}
