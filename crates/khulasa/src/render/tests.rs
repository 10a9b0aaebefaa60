use super::*;
use crate::{
    Event, Flag, FlagKind, Kind, Method, ModelInfo, Quality, SCHEMA_VERSION, SentenceId, Summary,
    SummarySentence, TranslatedParagraph, TranslatedSentence, Translation,
};

/// A paragraph: its kind, its sentences in Arabic and English.
type Given<'a> = (Kind, &'a [(&'a str, &'a str)]);

/// A digest of paragraphs given as kind and (Arabic, English) sentences.
fn digest(paragraphs: &[Given<'_>], summary: &[(&str, &[(usize, usize)])]) -> Digest {
    let mut end = 0;
    let mut paragraph = |(p, (kind, sentences)): (usize, &Given<'_>)| {
        let start = end;
        let source: Vec<&str> = sentences.iter().map(|(source, _)| *source).collect();
        let sentences = sentences.iter().enumerate().map(|(s, (source, target))| {
            let span = end..end + source.len();
            end = span.end + 1;
            TranslatedSentence {
                id: (p, s).into(),
                source: (*source).to_owned(),
                span,
                target: kind.is_translated().then(|| (*target).to_owned()),
                score: kind.is_translated().then_some(-0.25),
                flags: Vec::new(),
            }
        });
        let sentences = sentences.collect();
        TranslatedParagraph {
            kind: *kind,
            source: source.join(" "),
            span: start..end - 1,
            sentences,
        }
    };
    let paragraphs: Vec<_> = paragraphs.iter().enumerate().map(&mut paragraph).collect();
    let title = paragraphs.iter().find(|p| p.kind == Kind::Title);
    let sentence = |(text, sources): &(&str, &[(usize, usize)])| SummarySentence {
        text: (*text).to_owned(),
        sources: sources.iter().map(|&id| SentenceId::from(id)).collect(),
        flags: Vec::new(),
    };
    Digest {
        schema: SCHEMA_VERSION,
        id: "news.txt".to_owned(),
        encoding: "UTF-8".to_owned(),
        title: title.and_then(|p| p.sentences[0].target.clone()),
        title_made: false,
        summary: (!summary.is_empty()).then(|| Summary {
            method: Method::Extractive,
            sentences: summary.iter().map(sentence).collect(),
        }),
        translation: Translation { paragraphs },
        terms: Vec::new(),
        names: Vec::new(),
        repairs: None,
        model: ModelInfo {
            name: "gist-ar-en".to_owned(),
            quality: Quality::Gist,
            licence: Some("CC-BY-4.0".to_owned()),
        },
        timings: None,
    }
}

fn small() -> Digest {
    let mut digest = digest(
        &[
            (Kind::Boilerplate, &[("شارك على فيسبوك", "")]),
            (Kind::Title, &[("عودة المياه", "The water is back")]),
            (Kind::Dateline, &[("13/03/2020", "March 13, 2020")]),
            (
                Kind::Body,
                &[
                    (
                        "عادت المياه إلى 12 حياً.",
                        "Water returned to the districts.",
                    ),
                    ("ورحّب السكان.", "Residents welcomed it."),
                ],
            ),
            (Kind::Heading, &[("ما التالي؟", "What next?")]),
            (
                Kind::ListItem,
                &[("- إصلاح المضخات.", "- Repairing the pumps.")],
            ),
            (
                Kind::ListItem,
                &[("2- توسيع الشبكة.", "2. Extending the network.")],
            ),
        ],
        &[("Water returned to the districts.", &[(3, 0), (5, 0)])],
    );
    digest.translation.paragraphs[3].sentences[0].flags = vec![Flag {
        kind: FlagKind::Number,
        source: Some(29..31),
        target: None,
        message: "“12” is in the Arabic, not in the English".to_owned(),
    }];
    digest
}

fn rendered(digest: &Digest, format: OutputFormat, options: &RenderOptions) -> String {
    let mut out = Vec::new();
    render(digest, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_for_a_narrow_terminal() {
    let options = RenderOptions {
        width: Some(40),
        styles: false,
    };
    assert_eq!(
        rendered(&small(), OutputFormat::Text, &options),
        "The water is back

Summary

  •  Water returned to the districts.
     [1,2]

Translation

March 13, 2020

  1  Water returned to the districts.
     [!1] Residents welcomed it.

What next?

  2  • Repairing the pumps.
  3  2. Extending the network.

[!1] “12” is in the Arabic, not in the
     English

news.txt: translated by gist-ar-en (gist
quality). 1 line of site text left out.
"
    );
}

#[test]
fn styles_change_nothing_but_styles() {
    let wide = |styles| RenderOptions {
        width: Some(40),
        styles,
    };
    let styled = rendered(&small(), OutputFormat::Text, &wide(true));
    assert!(styled.starts_with("\u{1b}[1mThe water is back\u{1b}[0m\n"));
    let mut plain = String::new();
    for (i, part) in styled.split("\u{1b}[").enumerate() {
        plain.push_str(if i == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(plain, rendered(&small(), OutputFormat::Text, &wide(false)));
}

#[test]
fn only_a_summary_or_only_a_translation() {
    let options = RenderOptions::default();
    let mut summary = small();
    summary.translation = Translation::default();
    assert_eq!(
        rendered(&summary, OutputFormat::Text, &options),
        "The water is back\n\nSummary\n\n  •  Water returned to the districts.\n\n\
         news.txt: translated by gist-ar-en (gist quality).\n"
    );
    let mut translation = small();
    translation.summary = None;
    let text = rendered(&translation, OutputFormat::Text, &options);
    assert!(
        text.starts_with("The water is back\n\nMarch 13, 2020\n\n  1  Water"),
        "{text}"
    );
}

/// What a stream has written after each event must be a beginning of the whole.
#[test]
fn a_stream_writes_each_part_when_it_is_complete() {
    let digest = small();
    let shape = digest.translation.paragraphs.iter();
    let shape = shape.map(|p| (p.kind, p.sentences.len()));
    let parts = Parts {
        summary: true,
        translation: true,
    };
    let options = RenderOptions::default();
    let whole = rendered(&digest, OutputFormat::Text, &options);
    let mut stream = TextStream::with_shape(Vec::new(), digest.id.clone(), shape, parts, &options);
    let summary = digest.summary.as_ref().unwrap();
    let mut push = |event: Event<'_>| {
        stream.push(&event).unwrap();
        String::from_utf8(stream.page.out.clone()).unwrap()
    };
    let sentence =
        |p: usize, s: usize| Event::Translated(&digest.translation.paragraphs[p].sentences[s]);
    let steps = [
        (sentence(3, 1), ""),
        (sentence(1, 0), "The water is back"),
        (sentence(4, 0), "The water is back"),
        (Event::Summarized(summary), "[1,2]\n\nTranslation"),
        (sentence(6, 0), "Translation"),
        (sentence(2, 0), "March 13, 2020"),
        (sentence(3, 0), "What next?"),
        (sentence(5, 0), "2. Extending the network."),
        (sentence(5, 0), "2. Extending the network."),
    ];
    for (event, end) in steps {
        let so_far = push(event);
        assert!(so_far.trim_end().ends_with(end), "{so_far}");
        assert!(whole.starts_with(&so_far), "{so_far}");
    }
    let written = stream.finish(&digest.model).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), whole);
}

#[test]
fn markdown() {
    assert_eq!(
        rendered(&small(), OutputFormat::Markdown, &RenderOptions::default()),
        "# The water is back

## Summary

- Water returned to the districts. \\[1,2\\]

## Translation

*March 13, 2020*

\\[1\\] Water returned to the districts.[^1] Residents welcomed it.

### What next?

- \\[2\\] Repairing the pumps.
- \\[3\\] 2. Extending the network.

[^1]: “12” is in the Arabic, not in the English

---

*news.txt: translated by gist-ar-en (gist quality). It conveys the topic and much of the content, \
and is wrong in names, numbers and details at times: check with the Arabic before you quote.*

"
    );
}

#[test]
fn json_is_the_digest() {
    let digest = small();
    let line = rendered(&digest, OutputFormat::Jsonl, &RenderOptions::default());
    assert_eq!(line.matches('\n').count(), 1);
    assert!(
        line.starts_with("{\"schema\":2,\"id\":\"news.txt\","),
        "{line}"
    );
    assert!(line.contains("\"sources\":[[3,0],[5,0]]"), "{line}");
    let flags = "\"flags\":[{\"kind\":\"number\",\"source\":{\"start\":29,\"end\":31},\"message\":\"“12” is in the Arabic, not in the English\"}]";
    assert!(line.contains(flags), "{line}");
    let pretty = rendered(&digest, OutputFormat::Json, &RenderOptions::default());
    for json in [line, pretty] {
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }
}

#[test]
fn html_pairs_sentences_and_leads_to_sources() {
    let page = rendered(&small(), OutputFormat::Html, &RenderOptions::default());
    // Four paragraphs of prose and headings, title and dateline: both sides of seven sentences.
    assert_eq!(page.matches(" data-s=\"").count(), 2 * 7);
    for part in [
        "<title>The water is back</title>",
        "href=\"#s1-3-0\" data-sources=\"1-3-0 1-5-0\"",
        "id=\"s1-3-0\" data-s=\"1-3-0\"",
        "<span class=\"s\" data-s=\"1-3-0\" tabindex=\"-1\">عادت المياه إلى <u>12</u> حياً.</span>",
        "<a class=\"mark\" href=\"#n1-1\"",
        "<li id=\"n1-1\">“12” is in the Arabic, not in the English</li>",
        "<p class=\"ar\" lang=\"ar\" dir=\"rtl\">شارك على فيسبوك</p>",
        "gist quality (model licence: CC-BY-4.0)",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for outside in ["http:", "https:", "url(", "@import", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn html_of_several_digests_has_contents_and_its_own_anchors() {
    let mut page = Vec::new();
    html(&[small(), small()], &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("<h1>2 articles</h1>"));
    assert_eq!(page.matches("<h1").count(), 1);
    assert!(page.contains("<a href=\"#d2\">The water is back</a>"));
    let ids: Vec<&str> = page.split(" id=\"").skip(1).collect();
    let mut ids: Vec<&str> = ids.iter().filter_map(|id| id.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn hostile_text_stays_text() {
    const EVIL: &str = "</p><script>alert(\"1\")</script> \u{202e}'&\u{1b}]0;x\u{7} \0 [a](b) *c*";
    let mut digest = digest(
        &[
            (Kind::Title, &[(EVIL, EVIL)]),
            (Kind::Body, &[(EVIL, EVIL)]),
            (Kind::Boilerplate, &[(EVIL, "")]),
        ],
        &[(EVIL, &[(1, 0), (9, 9)])],
    );
    digest.id = EVIL.to_owned();
    digest.model.name = EVIL.to_owned();
    digest.model.licence = Some(EVIL.to_owned());
    digest.translation.paragraphs[1].sentences[0].flags = vec![Flag {
        kind: FlagKind::Repetition,
        source: Some(5..usize::MAX),
        target: Some(1..2),
        message: EVIL.to_owned(),
    }];
    let page = rendered(&digest, OutputFormat::Html, &RenderOptions::default());
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)"));
    assert!(!page.contains(['\u{202e}', '\u{1b}', '\u{7}', '\0']));
    for format in [OutputFormat::Text, OutputFormat::Markdown] {
        let text = rendered(&digest, format, &RenderOptions::default());
        assert!(
            !text.contains(['\u{202e}', '\u{1b}', '\u{7}', '\0']),
            "{text:?}"
        );
    }
    let markdown = rendered(&digest, OutputFormat::Markdown, &RenderOptions::default());
    assert!(
        !markdown.contains("<script") && !markdown.contains(" *c*"),
        "{markdown}"
    );
}

#[test]
fn nothing_to_show_is_shown() {
    let empty = digest(&[], &[]);
    for format in [
        OutputFormat::Text,
        OutputFormat::Markdown,
        OutputFormat::Html,
    ] {
        let text = rendered(&empty, format, &RenderOptions::default());
        assert!(text.contains("gist quality"), "{text}");
    }
}

/// 50,000 long words without a space, and as many flags.
#[test]
fn long_lines_take_linear_time() {
    let long = "ab-".repeat(100_000);
    let mut digest = digest(&[(Kind::Body, &[("نص", &long)])], &[]);
    let flag = |i: usize| Flag {
        kind: FlagKind::Number,
        source: None,
        target: Some(2 * i..2 * i + 1),
        message: i.to_string(),
    };
    digest.translation.paragraphs[0].sentences[0].flags = (0..50_000).map(flag).collect();
    let options = RenderOptions {
        width: Some(80),
        styles: true,
    };
    for format in [
        OutputFormat::Text,
        OutputFormat::Markdown,
        OutputFormat::Html,
    ] {
        let started = std::time::Instant::now();
        assert!(rendered(&digest, format, &options).len() > long.len());
        assert!(started.elapsed().as_secs() < 5, "{format:?}");
    }
}

#[test]
fn the_documented_digest_is_one() {
    let page = include_str!("../../../../docs/digest.md");
    let example = page.split("```json\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let digest: Digest = serde_json::from_str(example).unwrap();
    assert_eq!(digest.schema, SCHEMA_VERSION);
    let documented: serde_json::Value = serde_json::from_str(example).unwrap();
    assert_eq!(serde_json::to_value(&digest).unwrap(), documented);
}
